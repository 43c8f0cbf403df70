//! The registry's public API, port 8000: people submit MCP servers, administrators decide, and
//! everyone who is signed in finds them.
//!
//! [`routes`] is its table of contents. A route leads to `handlers/<noun>/<verb>.rs`, which decodes
//! and calls one use case of `registry_domain`; `wire` has the JSON shapes of the way back.
//!
//! # How to add an operation
//! 1. The use case, in the domain.
//! 2. Its handler: one file, one `handle`, 10 to 20 lines.
//! 3. Its line in [`routes`]; static paths before `{placeholders}`.
//!
//! # What is deliberately absent
//! No decision is made here, no adapter is named but the development issuer, nothing is spawned,
//! and no status of an error is chosen: that is `registry_http_edge`'s.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use registry_domain::ports::{Administrators, RateLimiter, RegistryPorts, TokenVerifier};
use registry_entra::DevelopmentIssuer;
use registry_exchange::{Exchange, Spool};
use registry_http_edge::Edge;
use registry_http_edge::session::Sessions;
use registry_live_feed::{Door, LiveFeed};

use crate::pages::Pages;

mod handlers;
mod import;
pub mod openapi;
pub mod pages;
mod program;
mod records;
pub mod routes;
pub mod settings;
mod wire;

pub use program::server;
pub use settings::{ProxySettings, PublicApiSettings};

/// Everything that the API needs; the composition root makes one.
pub struct PublicApi {
    /// The registry's ports.
    pub ports: RegistryPorts,
    /// Judges bearer tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Browsers' sessions, where people sign in somewhere.
    pub sessions: Option<Arc<dyn Sessions>>,
    /// Who administrates by the stored flag, for paths that do not ask the store.
    pub administrators: Option<Arc<dyn Administrators>>,
    /// Counts requests.
    pub limiter: Arc<dyn RateLimiter>,
    /// What the operator decided.
    pub settings: PublicApiSettings,
    /// Live events; without them their addresses are not there.
    pub live: Option<LiveFeed>,
    /// The call path; where there is none, nothing that needs it is served.
    pub calls: Option<Exchange>,
    /// Where the records of requests wait that may change something; without it there are none.
    pub spool: Option<Arc<Spool>>,
    /// The issuer that stands in for Entra, in development only.
    pub development: Option<Arc<DevelopmentIssuer>>,
}

impl fmt::Debug for PublicApi {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PublicApi")
            .field("settings", &self.settings)
            .field("development", &self.development.is_some())
            .finish_non_exhaustive()
    }
}

/// Serves the API on sockets that are bound already. Await the server; it ends when its handle
/// stops it, because signals are the caller's.
///
/// # Errors
/// The system's own, when a socket cannot be listened on.
pub fn serve(api: PublicApi, listeners: Vec<TcpListener>) -> io::Result<Server> {
    let server = api.settings.server;
    let (edge, configure) = wired(api);
    let make_app = move || {
        registry_http_edge::reading_app(edge.clone())
            .configure(configure.clone())
            .wrap(from_fn(records::around))
    };
    registry_http_edge::serve(make_app, listeners, server)
}

/// The edge and the routes with their data, shared by all workers.
fn wired(api: PublicApi) -> (web::Data<Edge>, impl Fn(&mut ServiceConfig) + Clone + Send) {
    let edge = web::Data::new(Edge {
        settings: api.settings.edge.clone(),
        verifier: api.verifier,
        sessions: api.sessions,
        administrators: api.administrators,
        limiter: api.limiter,
        clock: api.ports.clock.clone(),
        ids: api.ports.ids.clone(),
    });
    let pages = Pages::new(api.settings.pages.clone(), api.development.is_some());
    let pages = web::Data::new(pages);
    let (ports, settings) = (web::Data::new(api.ports), web::Data::new(api.settings));
    let development = api.development.map(web::Data::from);
    let live = api.live.map(|live| registry_live_feed::routes(&live, Door::Open));
    let calls = api.calls;
    let spool = api.spool.map(web::Data::from);
    let configure = move |config: &mut ServiceConfig| {
        config.app_data(ports.clone()).app_data(settings.clone()).configure(routes::table);
        config.app_data(pages.clone());
        routes::pages(config, &settings.pages);
        if let Some(live) = &live {
            config.configure(live);
        }
        if let Some(spool) = &spool {
            config.app_data(spool.clone());
        }
        if let Some(exchange) = &calls {
            // Called once on each worker thread: its upstream connections stay on that thread.
            config.app_data(web::Data::new(exchange.for_worker())).configure(routes::calls);
            if settings.proxy.enabled {
                config.configure(routes::proxy);
            }
        }
        if let Some(issuer) = &development {
            config.app_data(issuer.clone()).configure(routes::development);
        }
    };
    (edge, configure)
}
