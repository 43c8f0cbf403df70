//! Makes every adapter once and puts it behind its port.

mod calls;
mod configuration;
mod freshness;
mod oauth;
mod shared;
mod storage;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::Server;
use registry_domain::caller::ApiMode;
use registry_domain::endpoint::EgressPolicy;
use registry_domain::ports::{
    Administrators, PersonalTokens, RateLimiter, RegistryPorts, ResponseCache, SealPorts, Sealer,
    TokenVerifier,
};
use registry_domain::sign_in::SignInPorts;
use registry_domain::user_grant::ConnectPorts;
use registry_entra::DevelopmentIssuer;
use registry_http_edge::draining::Draining;
use registry_http_edge::mcp::Origins;
use registry_http_edge::session::Sessions;
use registry_http_edge::settings::ServerSettings;
use registry_http_edge::{EdgeSettings, exposition};
use registry_live_feed::LiveFeed;
use registry_oauth_server::OAuthServer;
use registry_upstream::{HttpAuthorities, UpstreamSettings};

use crate::administrators::KnownAdministrators;
use crate::api_keys::KeyVerifier;
use crate::personal_tokens::TokensOnBehalf;
use crate::run::Half;
use crate::settings::{Settings, Stage};
use crate::sign_in::{self, BrowserSessions};
use crate::telemetry::Telemetry;
use crate::writer::Writer;
use crate::{edge, identity, live};

pub use calls::CallPath;
pub(crate) use freshness::Freshness;
pub(crate) use shared::Shared;
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
    /// Live events.
    pub live: LiveFeed,
    /// Who this process is to the log of operations.
    pub(crate) writer: Arc<Writer>,
    /// Judges tokens.
    verifier: Arc<dyn TokenVerifier>,
    /// Judges tokens on the gateway: its own too.
    gateway_verifier: Arc<dyn TokenVerifier>,
    /// The gateway as OAuth authorization server, where people sign in somewhere.
    pub oauth: Option<Arc<OAuthServer>>,
    /// Seals what leaves our hands or lies in a store.
    pub sealer: Arc<dyn Sealer>,
    /// Who administrates by the stored flag.
    pub(crate) administrators: Arc<KnownAdministrators>,
    /// What signing in with a browser needs, where people sign in somewhere.
    pub sign_in: Option<SignInPorts>,
    /// Letting people connect servers, where they sign in.
    pub connecting: Option<ConnectPorts>,
    /// Browsers' sessions, there.
    pub sessions: Option<Arc<dyn Sessions>>,
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
    /// Whether the process is about to end.
    pub(crate) draining: Arc<Draining>,
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
        request_timeout: settings.health.rules.timeout,
        max_message_bytes: settings.gateway.max_event_bytes,
        legacy_sse: settings.registry.policy.enable_legacy_sse,
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
        let sealer = Arc::clone(&open.ports.sealer);
        let shared = Shared::start(&settings, &open).await?;
        let oauth = match identity.provider.clone() {
            Some(provider) if halves.contains(&Half::Gateway) => {
                let sealer = Arc::clone(&sealer);
                oauth::start(&settings, &open, &shared, sealer, provider, &gateway_url).await?
            }
            _ => None,
        };
        let registry = RegistryPorts {
            shared: shared.health.clone(),
            probes: Arc::clone(&shared.probes),
            leases: Arc::clone(&shared.leases),
            ..open.ports.clone()
        };
        let administrators = KnownAdministrators::open(Arc::clone(&registry.users))
            .await
            .map_err(|error| BootError::part("the administrators cannot be read", error))?;
        let sign_in = match identity.provider.clone() {
            Some(provider) => {
                let by = (provider, Arc::clone(&sealer));
                Some(sign_in::ports(&settings, &registry, &shared, by, &gateway_url)?)
            }
            None => None,
        };
        let connecting = sign_in.clone().map(|ports| connect_ports(&settings, &open, ports));
        let personal = connecting.clone().map(|ports| -> Arc<dyn PersonalTokens> {
            Arc::new(TokensOnBehalf::new(ports, shared.tasks().clone()))
        });
        let sessions = sign_in.clone().map(|ports| -> Arc<dyn Sessions> {
            let tasks = shared.tasks().clone();
            Arc::new(BrowserSessions::new(ports, origins(&settings), tasks))
        });
        let keys = (&sealer, gateway_url.as_str());
        let calls =
            CallPath::start(&settings, &registry, &shared, &open.links, personal, keys).await?;
        telemetry.look_at(&registry, &calls);
        let live = live::start(&settings, &registry, &shared, &calls).await?;
        let freshness = shared.freshness(&settings, &registry);
        if let Some(freshness) = &freshness {
            open.watch_commits(freshness.clone());
        }
        let writer = Arc::new(Writer::new(Arc::clone(&registry.clock), Arc::clone(&registry.ids)));
        Ok(Self {
            registry,
            writer,
            calls,
            telemetry,
            live,
            freshness,
            gateway_verifier: oauth::verifier(oauth.as_ref(), &identity.verifier),
            oauth,
            verifier: identity.verifier,
            sealer,
            administrators: Arc::new(administrators),
            sign_in,
            connecting,
            sessions,
            limiter: Arc::clone(&shared.limiter),
            development: identity.development,
            local_service_url,
            gateway_url,
            draining: Arc::default(),
            open,
            shared,
            halves,
            settings,
        })
    }

    pub(crate) fn has_public_api(&self) -> bool {
        self.halves.contains(&Half::PublicApi)
    }

    /// Judges tokens at a half's door, and API keys where there are any.
    pub fn verifier(&self, half: Half) -> Arc<dyn TokenVerifier> {
        let tokens = Arc::clone(match half {
            Half::PublicApi => &self.verifier,
            Half::Gateway => &self.gateway_verifier,
        });
        if !self.settings.registry.policy.api_keys {
            return tokens;
        }
        let store = Arc::clone(&self.registry.api_keys);
        Arc::new(KeyVerifier::new(tokens, store, Arc::clone(&self.registry.clock), half))
    }

    /// What sealing records needs.
    pub(crate) fn seal_ports(&self) -> SealPorts {
        SealPorts {
            seals: Arc::clone(&self.open.seals),
            events: Arc::clone(&self.registry.events),
            clock: Arc::clone(&self.registry.clock),
        }
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
        EdgeSettings {
            resources_at: (half == Half::Gateway).then(|| self.gateway_url.clone()),
            ..edge::settings(&self.settings, half, &self.telemetry, answers, &self.draining)
        }
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

    /// The origins whose pages may call MCP endpoints.
    pub fn origins(&self) -> Origins {
        origins(&self.settings)
    }

    /// Who administrates by the stored flag, for paths that do not ask the store.
    pub fn administrators(&self) -> Arc<dyn Administrators> {
        self.administrators.clone()
    }

    /// Who gives the tokens that the gateway takes: itself, else the identity provider.
    pub fn issuer_url(&self) -> String {
        match (&self.oauth, &self.settings.identity.entra) {
            (Some(oauth), _) => oauth.issuer().to_owned(),
            (None, Some(entra)) => format!("{}/{}/v2.0", entra.authority, entra.tenant),
            (None, None) => identity::issuer_url(&self.local_service_url),
        }
    }

    /// How the sockets of a half behave.
    pub fn server_settings(&self, half: Half) -> ServerSettings {
        edge::sockets(&self.settings, half)
    }
}

fn connect_ports(settings: &Settings, open: &Storage, sign_in: SignInPorts) -> ConnectPorts {
    let is_development = settings.registry.policy.egress == EgressPolicy::Development;
    ConnectPorts {
        grants: open.grants(),
        authorities: Arc::new(HttpAuthorities::new(upstream_settings(settings))),
        name: settings.gateway.name.as_str().into(),
        has_document: sign_in.policy.base.scheme() == "https" || is_development,
        sign_in,
    }
}

fn origins(settings: &Settings) -> Origins {
    Origins {
        allowed: settings.service.cors_origins.clone(),
        allow_loopback: settings.stage == Stage::Development,
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
