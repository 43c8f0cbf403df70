//! Live events, put together: the hub, the log that it follows, and how the servers are.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream;
use registry_domain::caller::ApiMode;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::ports::{Clock, GatewayPorts, PortError, ProbeStore, RegistryPorts};
use registry_domain::routing::ServerEntry;
use registry_domain::server::HealthStatus;
use registry_exchange::{Exchange, Routes};
use registry_http_edge::router_metrics::RouterMetrics;
use registry_live_feed::{
    CallFeed, Hub, HubLimits, LiveFeed, LiveLog, MetricsSource, ServerNow, ServersNow, Strangers,
    Viewer,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::boot::{BootError, CallPath, Shared};
use crate::settings::Settings;

/// The most servers that a client is told of one by one.
const MOST_SERVERS: usize = 1000;

/// How long a client who comes waits for the newest state.
const CATCH_UP_WITHIN: Duration = Duration::from_millis(500);

/// Probes that are looked up at the same time.
const AT_ONCE: usize = 16;

/// Frames that wait for one client.
const QUEUE: usize = 256;

/// Live events of a process, from the event log's present end on.
///
/// # Errors
/// [`BootError`] when the event log cannot be read.
pub(crate) async fn start(
    settings: &Settings,
    registry: &RegistryPorts,
    shared: &Shared,
    calls: &CallPath,
) -> Result<LiveFeed, BootError> {
    let latest = registry
        .events
        .latest()
        .await
        .map_err(|error| BootError::part("the event log cannot be read", error))?;
    let clients = settings.events.max_subscribers;
    let limits = HubLimits { clients, of_one: (clients / 10).max(1), queue: QUEUE };
    let hub = Arc::new(Hub::new(limits, latest));
    let metrics: Arc<dyn MetricsSource> = Arc::new(Router {
        exchange: calls.exchange.clone(),
        hub: Arc::clone(&hub),
        clock: Arc::clone(&registry.clock),
    });
    let told = Arc::new(CallFeed::new(Arc::clone(&hub), Arc::clone(&registry.clock)));
    calls.exchange.active_calls().watched_by(Arc::<CallFeed>::clone(&told));
    let servers: Arc<dyn ServersNow> = Arc::new(Servers {
        routes: Arc::clone(&calls.routes),
        ports: calls.ports.clone(),
        probes: Arc::clone(&shared.probes),
    });
    let events = Arc::clone(&registry.events);
    Ok(LiveFeed {
        hub,
        log: Arc::new(LiveLog::new(events, Arc::clone(&servers), shared.recent_events())),
        servers,
        metrics: Some(metrics),
        calls: told,
        sessions: Arc::clone(&shared.sessions),
        heartbeat: settings.events.heartbeat,
        strangers: match registry.policy.api_mode {
            ApiMode::Open => Strangers::SeeAll,
            ApiMode::Protected | ApiMode::ReadOnly => Strangers::SeeShared,
        },
    })
}

/// What the router is doing, as the calls of all replicas see it.
struct Router {
    exchange: Exchange,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl MetricsSource for Router {
    async fn metrics(&self, viewer: &Viewer) -> Value {
        let view = self.exchange.everywhere().look().await;
        let (now, routes) = (self.clock.now(), self.exchange.routes());
        let table = routes.now();
        let seen = table.all().filter(|entry| viewer.sees(entry.tenant.as_ref()));
        let metrics = RouterMetrics::of(seen, &self.exchange, &view, now, MOST_SERVERS);
        let age_ms = now.duration_since(routes.refreshed_at()).as_millis();
        // Strings, numbers and times always serialise.
        let mut told = serde_json::to_value(metrics).unwrap_or_default();
        if let Some(summary) = told.get_mut("summary").and_then(Value::as_object_mut) {
            let age_ms = i64::try_from(age_ms).unwrap_or(i64::MAX);
            summary.insert("snapshot_age_ms".to_owned(), json!(age_ms));
            summary.insert("live_connections".to_owned(), json!(self.hub.clients()));
        }
        told
    }
}

/// The servers of the routing snapshot, with what the last probe of each found.
struct Servers {
    routes: Arc<Routes>,
    ports: GatewayPorts,
    probes: Arc<dyn ProbeStore>,
}

impl fmt::Debug for Servers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Servers").field("routes", &self.routes).finish_non_exhaustive()
    }
}

/// A server before its probe is looked up.
struct Known {
    id: ServerId,
    name: String,
    tenant: Option<TenantId>,
    /// How it is as far as the registry knows: by enough probes, or by an operator's word.
    health: HealthStatus,
}

impl Servers {
    /// Brings the snapshot up to what listeners have heard: who comes now and is told an older state
    /// would not hear of the change any more. Without the store the last snapshot has to do.
    async fn catch_up(&self) {
        let refreshed = timeout(CATCH_UP_WITHIN, self.routes.refresh(&self.ports)).await;
        if let Ok(Err(error)) = refreshed {
            tracing::debug!(%error, "a listener is told of the servers as they were last known");
        }
    }

    async fn now(&self, known: Known) -> Result<ServerNow, PortError> {
        let probe = self.probes.find(known.id).await?;
        Ok(ServerNow {
            id: known.id,
            name: known.name,
            tenant: known.tenant,
            status: match (known.health, &probe) {
                (HealthStatus::Unknown, Some(probe)) => probe.status,
                (health, _) => health,
            },
            last_check: probe.as_ref().map(|probe| probe.last_check),
            details: probe.map(|probe| probe.details).unwrap_or_default(),
        })
    }
}

#[async_trait]
impl ServersNow for Servers {
    async fn seen_by(&self, viewer: &Viewer) -> Result<Vec<ServerNow>, PortError> {
        self.catch_up().await;
        let known: Vec<Known> = {
            let table = self.routes.now();
            let seen = table.all().filter(|entry| viewer.sees(entry.tenant.as_ref()));
            seen.take(MOST_SERVERS).map(|entry| of_entry(entry)).collect()
        };
        let found: Vec<Result<ServerNow, PortError>> =
            stream::iter(known).map(|known| self.now(known)).buffered(AT_ONCE).collect().await;
        found.into_iter().collect()
    }

    async fn find(&self, id: ServerId) -> Result<Option<ServerNow>, PortError> {
        self.catch_up().await;
        let known = self.routes.now().by_id(id).map(|entry| of_entry(entry));
        match known {
            Some(known) => Ok(Some(self.now(known).await?)),
            None => Ok(None),
        }
    }

    fn name_of(&self, id: ServerId) -> Option<String> {
        self.routes.now().by_id(id).map(|entry| entry.name.clone())
    }
}

fn of_entry(entry: &ServerEntry) -> Known {
    Known {
        id: entry.id,
        name: entry.name.clone(),
        tenant: entry.tenant.clone(),
        health: entry.health,
    }
}
