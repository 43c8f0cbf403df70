//! Makes every adapter once and puts it behind its port.

mod freshness;
mod shared;
mod storage;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use registry_domain::ports::{
    GatewayPorts, RateLimiter, RegistryPorts, ResponseCache, TokenVerifier, Upstream,
};
use registry_entra::DevelopmentIssuer;
use registry_exchange::{Exchange, ExchangeSettings, Routes, Spool, SpoolSettings};
use registry_http_edge::settings::ServerSettings;
use registry_http_edge::{EdgeSettings, exposition};
use registry_upstream::{HttpUpstream, UpstreamSettings};

use crate::run::Half;
use crate::settings::Settings;
use crate::telemetry::{Telemetry, traceparent_of};
use crate::{edge, identity};

pub(crate) use freshness::Freshness;
use shared::Shared;
pub(crate) use storage::{Storage, storage};

/// More threads than this share the files that operation records are spooled to.
const MOST_SPOOL_FILES: usize = 16;

/// Why the product could not be started.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A socket could not be bound.
    #[error("cannot listen on {address} for the {server}")]
    Listen {
        /// The server.
        server: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("the data folder {path} cannot be used")]
    DataDir {
        /// The folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Something else was in the way.
    #[error("{what}")]
    Part {
        /// What.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl BootError {
    pub(crate) fn part(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Part { what, source: source.into() }
    }
}

/// The gateway's part of a process.
pub struct GatewayParts {
    /// The call path's ports.
    pub ports: GatewayPorts,
    /// The routing snapshot.
    pub routes: Arc<Routes>,
    /// Where operation records wait.
    pub spool: Arc<Spool>,
    /// The call path.
    pub exchange: Exchange,
}

/// Everything that was made, behind its ports.
pub struct Runtime {
    /// The settings it was made by.
    pub settings: Arc<Settings>,
    /// What the registry's use cases need.
    pub registry: RegistryPorts,
    /// The gateway's part, where the process is one.
    pub gateway: Option<GatewayParts>,
    /// Judges tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Counts requests.
    pub limiter: Arc<dyn RateLimiter>,
    /// The development issuer, where it is in use.
    pub development: Option<Arc<DevelopmentIssuer>>,
    /// The public API's address as this machine reaches it.
    pub local_service_url: String,
    /// The gateway's address as clients know it.
    pub gateway_url: String,
    /// What this process measures of itself.
    pub(crate) telemetry: Telemetry,
    /// Lets go of kept answers, where answers are kept.
    freshness: Option<Arc<Freshness>>,
    /// What is open, and has to be closed at the end.
    open: Storage,
    shared: Shared,
    halves: Vec<Half>,
}

/// A socket that is bound and waits for its server.
pub struct Bound {
    /// Whose it is.
    pub half: Half,
    /// The socket.
    pub listener: TcpListener,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Binds the sockets of some halves, so that a port in use is told before anything else is done and
/// a port of 0 is known by its real number.
///
/// # Errors
/// [`BootError::Listen`].
pub(crate) fn bind(settings: &Settings, halves: &[Half]) -> Result<Vec<Bound>, BootError> {
    halves
        .iter()
        .map(|half| {
            let wanted = settings.address_of(*half);
            let refused =
                |source| BootError::Listen { server: half.as_str(), address: wanted, source };
            let listener = TcpListener::bind(wanted).map_err(refused)?;
            let address = listener.local_addr().map_err(refused)?;
            Ok(Bound { half: *half, listener, address })
        })
        .collect()
}

/// Binds the socket of the metrics page, where it has one of its own.
///
/// # Errors
/// [`BootError::Listen`].
pub(crate) fn bind_metrics(settings: &Settings) -> Result<Option<TcpListener>, BootError> {
    let metrics = &settings.telemetry.metrics;
    let Some(address) = metrics.listen.filter(|_| metrics.enabled) else { return Ok(None) };
    let refused = |source| BootError::Listen { server: "metrics page", address, source };
    TcpListener::bind(address).map_err(refused).map(Some)
}

fn upstream_settings(settings: &Settings) -> UpstreamSettings {
    UpstreamSettings {
        request_timeout: settings.registry.discovery_timeout,
        client_name: settings.gateway.name.clone(),
        ..UpstreamSettings::new(settings.registry.policy.egress)
    }
}

impl Runtime {
    /// Makes everything that the halves of this process need.
    ///
    /// # Errors
    /// [`BootError`].
    pub(crate) async fn start(settings: Settings, bound: &[Bound]) -> Result<Self, BootError> {
        let settings = Arc::new(settings);
        // Before everything else: what is made before there is a recorder counts for nobody.
        let mut telemetry = Telemetry::start(&settings.telemetry.metrics);
        let halves: Vec<Half> = bound.iter().map(|bound| bound.half).collect();
        let port_of = |half, configured| {
            bound
                .iter()
                .find(|bound| bound.half == half)
                .map_or(configured, |bound| bound.address.port())
        };
        let service_port = port_of(Half::PublicApi, settings.service.port);
        let gateway_port = port_of(Half::Gateway, settings.gateway.port);
        let local_service_url = local_url(service_port);
        let gateway_url = settings
            .gateway
            .base_url
            .clone()
            .unwrap_or_else(|| format!("http://localhost:{gateway_port}"));

        let open = storage(&settings).await?;
        let clock = Arc::clone(&open.ports.clock);
        let identity = identity::start(&settings, &local_service_url, Arc::clone(&clock))?;
        let shared = Shared::start(&settings, &open.ports).await?;
        let registry = RegistryPorts { shared: shared.health.clone(), ..open.ports.clone() };
        let gateway = if halves.contains(&Half::Gateway) {
            Some(gateway_parts(&settings, &registry, &shared).await?)
        } else {
            None
        };
        telemetry.look_at(&registry, gateway.as_ref());
        let freshness = shared.freshness(&settings, &registry);
        if let Some(freshness) = &freshness {
            open.watch_commits(freshness.clone());
        }
        Ok(Self {
            registry,
            gateway,
            telemetry,
            freshness,
            verifier: identity.verifier,
            limiter: Arc::clone(&shared.limiter),
            development: identity.development,
            local_service_url,
            gateway_url,
            open,
            shared,
            halves,
            settings,
        })
    }

    pub(crate) fn has_public_api(&self) -> bool {
        self.halves.contains(&Half::PublicApi)
    }

    /// What is kept for a while.
    pub(crate) fn cache(&self) -> Arc<dyn ResponseCache> {
        Arc::clone(&self.shared.cache)
    }

    /// What lets go of kept answers, where answers are kept.
    pub(crate) fn freshness(&self) -> Option<Arc<Freshness>> {
        self.freshness.clone()
    }

    /// Waits until everything that was begun is done, and closes what was opened.
    pub(crate) async fn finish(&self) {
        futures_util::future::join(self.shared.finish(), self.open.finish()).await;
    }

    /// The edge's settings of a half.
    pub fn edge_settings(&self, half: Half) -> EdgeSettings {
        let answers = self.freshness.as_ref().map(|freshness| freshness.answers());
        edge::settings(&self.settings, half, &self.telemetry, answers)
    }

    /// The metrics page on a socket of its own.
    ///
    /// # Errors
    /// The system's own, when the socket cannot be listened on.
    pub(crate) fn metrics_server(
        &self,
        listener: Option<TcpListener>,
    ) -> io::Result<Option<(SocketAddr, Server)>> {
        let page = self.telemetry.exposition.clone();
        let Some((page, listener)) = page.zip(listener) else { return Ok(None) };
        let address = listener.local_addr()?;
        Ok(Some((address, exposition::serve(page, listener)?)))
    }

    /// How the sockets of a half behave.
    pub fn server_settings(&self, half: Half) -> ServerSettings {
        edge::sockets(&self.settings, half)
    }
}

/// A server's address as this machine reaches it.
pub(crate) fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

async fn gateway_parts(
    settings: &Settings,
    registry: &RegistryPorts,
    shared: &Shared,
) -> Result<GatewayParts, BootError> {
    let upstream = upstream_settings(settings);
    let ports = GatewayPorts {
        servers: Arc::clone(&registry.servers),
        events: Arc::clone(&registry.events),
        operations: Arc::clone(&registry.operations),
        probes: Arc::clone(&shared.probes),
        upstream: Arc::clone(&registry.upstream),
        new_upstream: Arc::new(move || -> Arc<dyn Upstream> {
            Arc::new(HttpUpstream::new(upstream.clone()))
        }),
        clock: Arc::clone(&registry.clock),
        ids: Arc::clone(&registry.ids),
    };
    let routes = Routes::load(&ports)
        .await
        .map_err(|error| BootError::part("the servers cannot be read", error))?;
    let routes = Arc::new(routes);
    let spool = Spool::open(SpoolSettings {
        folder: settings.store.data_dir.join("spool"),
        max_bytes: settings.gateway.spool_max_bytes,
        batch: 1000,
        lanes: std::thread::available_parallelism().map_or(1, usize::from).min(MOST_SPOOL_FILES),
    })
    .map_err(|error| BootError::part("operation records cannot be spooled", error))?;
    let spool = Arc::new(spool);
    let exchange = Exchange::new(
        ports.clone(),
        Arc::clone(&routes),
        Arc::clone(&spool),
        ExchangeSettings {
            name: settings.gateway.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            request_timeout: settings.gateway.request_timeout,
            // Longer than any tool that a person waits for; an answer that trickles holds its
            // connections no longer than this.
            max_exchange: Duration::from_hours(1),
            max_event_bytes: settings.gateway.max_event_bytes,
            max_recorded_params_bytes: 16 << 10,
            count_by_tenant: settings.telemetry.metrics.include_labels,
            traceparent_of: settings.telemetry.traces.is_some().then_some(traceparent_of),
        },
    );
    Ok(GatewayParts { ports, routes, spool, exchange })
}
