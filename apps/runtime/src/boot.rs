//! Makes every adapter once and puts it behind its port.

mod calls;
mod shared;
mod storage;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use registry_domain::caller::ApiMode;
use registry_domain::ports::{RateLimiter, RegistryPorts, TokenVerifier};
use registry_entra::DevelopmentIssuer;
use registry_http_edge::EdgeSettings;
use registry_http_edge::mcp::Origins;
use registry_http_edge::settings::ServerSettings;
use registry_upstream::UpstreamSettings;

use crate::run::Half;
use crate::settings::{Settings, Stage};
use crate::{edge, identity};

pub use calls::CallPath;
use shared::Shared;
pub(crate) use storage::{Storage, storage};

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

/// Everything that was made, behind its ports.
pub struct Runtime {
    /// The settings it was made by.
    pub settings: Arc<Settings>,
    /// What the registry's use cases need.
    pub registry: RegistryPorts,
    /// The call path: the gateway's, and the public API's proxy's.
    pub calls: CallPath,
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
        if halves.contains(&Half::PublicApi) {
            warn_of_open_management(&settings);
        }
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
        let calls = CallPath::start(&settings, &registry, &shared).await?;
        Ok(Self {
            registry,
            calls,
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

    /// Waits until everything that was begun is done, and closes what was opened.
    pub(crate) async fn finish(&self) {
        futures_util::future::join(self.shared.finish(), self.open.finish()).await;
    }

    /// The edge's settings, which both apps share.
    pub fn edge_settings(&self) -> EdgeSettings {
        edge::settings(&self.settings)
    }

    /// The origins whose pages may call MCP endpoints.
    pub fn origins(&self) -> Origins {
        Origins {
            allowed: self.settings.service.cors_origins.clone(),
            allow_loopback: self.settings.stage == Stage::Development,
        }
    }

    /// How the sockets of a half behave.
    pub fn server_settings(&self, half: Half) -> ServerSettings {
        edge::sockets(&self.settings, half)
    }
}

/// Outside development it is only open where somebody said so; that may have been a mistake.
fn warn_of_open_management(settings: &Settings) {
    if settings.stage != Stage::Development && settings.registry.policy.api_mode == ApiMode::Open {
        tracing::warn!(
            "MREG_PUBLIC_API_MODE is open in {}: anybody may list, change and delete servers",
            settings.stage
        );
    }
}

/// A server's address as this machine reaches it.
pub(crate) fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
