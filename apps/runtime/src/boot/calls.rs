//! The call path: routes, spool, active calls, and the exchange over them. Both halves have it, and
//! in one process they share one.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{GatewayPorts, PersonalTokens, RegistryPorts, Sealer, Upstream};
use registry_exchange::{
    ActiveCalls, Exchange, ExchangeSettings, OwnTools, Routes, Spool, SpoolError, SpoolSettings,
};
use registry_upstream::{Links, Upstreams};

use super::shared::Shared;
use super::{BootError, configuration, upstream_settings};
use crate::settings::Settings;
use crate::telemetry::traceparent_of;

/// More threads than this share the files that operation records are spooled to.
const MOST_SPOOL_FILES: usize = 16;

/// The call path of a process.
pub struct CallPath {
    /// Its ports.
    pub ports: GatewayPorts,
    /// The routing snapshot.
    pub routes: Arc<Routes>,
    /// Where operation records wait.
    pub spool: Arc<Spool>,
    /// The call path itself.
    pub exchange: Exchange,
}

impl CallPath {
    /// Reads the routes, opens the spool, and tells other replicas that they may ask for calls.
    ///
    /// # Errors
    /// [`BootError`].
    pub(super) async fn start(
        settings: &Settings,
        registry: &RegistryPorts,
        shared: &Shared,
        links: &Arc<Links>,
        personal: Option<Arc<dyn PersonalTokens>>,
        (sealer, gateway_url): (&Arc<dyn Sealer>, &str),
    ) -> Result<Self, BootError> {
        let ports = GatewayPorts { personal, ..ports(settings, registry, links) };
        let routes = Routes::load(&ports)
            .await
            .map_err(|error| BootError::part("the servers cannot be read", error))?;
        let routes = Arc::new(routes);
        let spool = spool(settings)
            .map_err(|error| BootError::part("operation records cannot be spooled", error))?;
        let spool = Arc::new(spool);
        let exchange = Exchange::new(
            ports.clone(),
            Arc::clone(&routes),
            Arc::clone(&spool),
            ActiveCalls::join(Arc::clone(&shared.bus), Arc::clone(&ports.clock)),
            ExchangeSettings { base_url: Some(gateway_url.into()), ..exchange_settings(settings) },
        )
        .with_own_tools(OwnTools {
            registry: registry.clone(),
            configuration: configuration::of(settings, gateway_url),
            identity_provider: configuration::identity_provider(settings),
        })
        .with_client_sessions(Arc::clone(&shared.sessions))
        .with_parking(Arc::clone(sealer), settings.gateway.question_timeout)
        .with_replicas(Arc::clone(sealer))
        .with_sealer(Arc::clone(sealer));
        exchange.join();
        Ok(Self { ports, routes, spool, exchange })
    }
}

fn ports(settings: &Settings, registry: &RegistryPorts, links: &Arc<Links>) -> GatewayPorts {
    let (upstream, links) = (upstream_settings(settings), Arc::clone(links));
    GatewayPorts {
        servers: Arc::clone(&registry.servers),
        collections: Arc::clone(&registry.collections),
        events: Arc::clone(&registry.events),
        operations: Arc::clone(&registry.operations),
        vault: Arc::clone(&registry.vault),
        sealer: Arc::clone(&registry.sealer),
        personal: None,
        upstream: Arc::clone(&registry.upstream),
        new_upstream: Arc::new(move || -> Arc<dyn Upstream> {
            Arc::new(Upstreams::new(upstream.clone(), Arc::clone(&links)))
        }),
        clock: Arc::clone(&registry.clock),
        ids: Arc::clone(&registry.ids),
        drift: settings.registry.policy.drift,
    }
}

fn spool(settings: &Settings) -> Result<Spool, SpoolError> {
    Spool::open(SpoolSettings {
        folder: settings.store.data_dir.join("spool"),
        max_bytes: settings.gateway.spool_max_bytes,
        batch: 1000,
        lanes: std::thread::available_parallelism().map_or(1, usize::from).min(MOST_SPOOL_FILES),
    })
}

fn exchange_settings(settings: &Settings) -> ExchangeSettings {
    ExchangeSettings {
        name: settings.gateway.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        request_timeout: settings.gateway.request_timeout,
        // Longer than any tool that a person waits for; an answer that trickles holds its
        // connections no longer than this.
        max_exchange: Duration::from_hours(1),
        keep_alive: settings.events.heartbeat,
        max_event_bytes: settings.gateway.max_event_bytes,
        max_recorded_params_bytes: 16 << 10,
        count_by_tenant: settings.telemetry.metrics.include_labels,
        traceparent_of: settings.telemetry.traces.is_some().then_some(traceparent_of),
        load_balancer: settings.proxy.load_balancer,
        breaker: settings.proxy.breaker,
        base_url: None,
    }
}
