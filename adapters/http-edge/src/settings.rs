//! What an operator decides about the edge.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderName;
use registry_domain::rate::Limit;
use tracing::Span;

use crate::admission::Admission;
use crate::client_address::TrustedProxy;
use crate::draining::Draining;
use crate::exposition::Exposition;
use crate::reads::ReadSettings;
use crate::tally::Tally;

/// The edge's settings; the same for both apps unless a field says otherwise.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// The server's name, in metrics.
    pub server: &'static str,
    /// Counts requests for the whole process.
    pub tally: Arc<Tally>,
    /// The metrics page, where this server shows it.
    pub metrics: Option<Exposition>,
    /// What is done to a request's span, while traces are on.
    pub traces: Option<TraceHooks>,
    /// What is read here, and may be answered again without asking the store.
    pub reads: Option<ReadSettings>,
    /// Whether long texts are compressed.
    pub compresses: bool,
    /// Browsers' origins that may call.
    pub cors: CorsSettings,
    /// Headers that tell browsers to be careful.
    pub security_headers: SecurityHeaderSettings,
    /// How much is worked on at a time; `None`: whatever comes.
    pub admission: Option<Arc<Admission>>,
    /// Whether the process is about to end.
    pub draining: Arc<Draining>,
    /// How much each kind of caller may ask.
    pub limits: LimitSettings,
    /// The largest JSON body, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The gateway's address, where challenges say that metadata of its resources are; `None`: this
    /// server's resources have none.
    pub resources_at: Option<String>,
    /// The header that API keys come in, where there are any.
    pub api_key_header: Option<HeaderName>,
}

impl EdgeSettings {
    /// Settings for tests: no limits, no HSTS, one allowed origin.
    pub fn for_testing() -> Self {
        Self {
            server: "test",
            tally: Arc::default(),
            metrics: None,
            traces: None,
            reads: None,
            compresses: false,
            cors: CorsSettings::for_testing(),
            security_headers: SecurityHeaderSettings { enabled: true, hsts_max_age: None },
            admission: None,
            draining: Arc::default(),
            limits: LimitSettings::off(),
            max_body_bytes: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            resources_at: None,
            api_key_header: None,
        }
    }
}

/// What only the one who sends traces can do to a span.
#[derive(Debug, Clone, Copy)]
pub struct TraceHooks {
    /// Makes it part of the trace that a `traceparent` names.
    pub continue_trace: fn(&Span, &str),
    /// Gives it its name, once its route is known.
    pub name: fn(&Span, String),
}

/// Which browsers may call.
#[derive(Debug, Clone)]
pub struct CorsSettings {
    /// Whether CORS headers are sent at all.
    pub enabled: bool,
    /// Origins, letter by letter; `*` is everybody, then without credentials.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<String>,
    /// Whether cookies and the like may come along.
    pub credentials: bool,
}

impl CorsSettings {
    /// One origin, all methods of the API.
    pub fn for_testing() -> Self {
        Self {
            enabled: true,
            origins: vec!["http://localhost:5173".to_owned()],
            methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
                .map(str::to_owned)
                .to_vec(),
            credentials: true,
        }
    }
}

/// Which security headers are sent.
#[derive(Debug, Clone, Copy)]
pub struct SecurityHeaderSettings {
    /// Whether any are.
    pub enabled: bool,
    /// `Strict-Transport-Security`'s `max-age` in seconds; only where TLS is certain.
    pub hsts_max_age: Option<u64>,
}

/// How much each kind of caller may ask; `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub struct LimitSettings {
    /// Each address that shows no token.
    pub address: Option<Limit>,
    /// Each person without a larger role.
    pub user: Option<Limit>,
    /// Each owner of servers.
    pub server_owner: Option<Limit>,
    /// Each administrator.
    pub admin: Option<Limit>,
    /// All people of a tenant together.
    pub tenant: Option<Limit>,
    /// Everybody together.
    pub global: Option<Limit>,
}

impl LimitSettings {
    /// No limits.
    pub const fn off() -> Self {
        Self {
            address: None,
            user: None,
            server_owner: None,
            admin: None,
            tenant: None,
            global: None,
        }
    }
}

/// How an app's sockets behave.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// How many worker threads; `None`: one per core.
    pub workers: Option<usize>,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a request's head may take to arrive.
    pub head_timeout: Duration,
    /// How long running requests may take to end at shutdown, in seconds.
    pub shutdown_timeout_s: u64,
    /// Whether a client that closed its sending half is still answered. The gateway says no: a
    /// client that is gone must cancel its upstream call.
    pub allow_half_closed: bool,
}

impl ServerSettings {
    /// Two workers and short times.
    pub const fn for_testing() -> Self {
        Self {
            workers: Some(2),
            keep_alive: Duration::from_secs(5),
            head_timeout: Duration::from_secs(5),
            shutdown_timeout_s: 2,
            allow_half_closed: true,
        }
    }
}
