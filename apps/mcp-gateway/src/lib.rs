//! The authenticated MCP gateway, port 8001.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | every path | `routes.rs` |
//! | what a call needs before the exchange takes over | `handlers/mcp.rs` |
//! | headers in, answer out | `registry_http_edge::mcp` |
//! | the OpenAPI document | `openapi.rs` |
//! | signing in with a browser | `handlers/sign_in/` |
//! | the pages where people connect servers | `routes/connect.rs`, `handlers/connect/` |
//! | probes | `handlers/health.rs` |
//! | the authorization server's paths and pages | `routes/oauth.rs`, `handlers/oauth/` |
//!
//! The call path itself is not here: it is `adapters/exchange`, which knows no web framework.

mod handlers;
pub mod openapi;
mod program;
mod routes;
mod wire;

pub use program::server;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::web;
use registry_domain::ports::StoreHealth;
use registry_domain::sign_in::SignInPorts;
use registry_domain::user_grant::ConnectPorts;
use registry_exchange::Exchange;
use registry_http_edge::Edge;
use registry_http_edge::mcp::Origins;
use registry_http_edge::settings::ServerSettings;
use registry_live_feed::{Door, LiveFeed};
use registry_oauth_server::OAuthServer;

/// What an operator sets for the gateway's HTTP side.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// What the gateway calls itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The longest MCP message, in bytes.
    pub max_body_bytes: usize,
    /// Origins whose pages may call MCP endpoints.
    pub origins: Origins,
    /// Who gives the tokens that it takes.
    pub authorization: Authorization,
}

/// Who gives tokens for what is here.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// The gateway's address, as clients know it; no slash at the end.
    pub base: String,
    /// The authorization server: the gateway itself, else the identity provider.
    pub issuer: String,
}

/// Whether what the gateway leans on answers; it serves from its snapshot all the same.
#[derive(Clone)]
pub struct Stores {
    /// The store.
    pub store: Arc<dyn StoreHealth>,
    /// What replicas share, where that is kept outside the process.
    pub shared: Option<Arc<dyn StoreHealth>>,
}

/// The gateway and all that it needs.
pub struct Gateway {
    /// The call path.
    pub exchange: Exchange,
    /// What both apps need of the world.
    pub edge: Edge,
    /// Whose health probes ask for.
    pub stores: Stores,
    /// Live events.
    pub live: LiveFeed,
    /// The authorization server, where the gateway is one.
    pub oauth: Option<Arc<OAuthServer>>,
    /// Signing in with a browser, where people sign in somewhere.
    pub sign_in: Option<SignInPorts>,
    /// Letting people connect servers, where they sign in.
    pub connecting: Option<ConnectPorts>,
    /// What the operator decided.
    pub settings: Arc<GatewaySettings>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Gateway").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Serves the gateway on sockets that are bound already.
///
/// # Errors
/// The system's own, when a socket cannot be listened on.
pub fn serve(
    gateway: Gateway,
    listeners: Vec<TcpListener>,
    settings: ServerSettings,
) -> io::Result<Server> {
    let Gateway { exchange, edge, stores, live, oauth, sign_in, connecting, settings: gateway } =
        gateway;
    let live = registry_live_feed::routes(&live, Door::Closed);
    let (sign_in, connecting) = (sign_in.map(web::Data::new), connecting.map(web::Data::new));
    let (edge, gateway, stores) =
        (web::Data::new(edge), web::Data::from(gateway), web::Data::new(stores));
    let oauth = oauth.map(web::Data::from);
    let make_app = move || {
        // Called once on each worker thread: its upstream connections stay on that thread.
        let exchange = web::Data::new(exchange.for_worker());
        registry_http_edge::app(edge.clone())
            .app_data(exchange)
            .app_data(gateway.clone())
            .app_data(stores.clone())
            .configure(|config| {
                if let Some(ports) = &sign_in {
                    config.app_data(ports.clone());
                }
                if let Some(ports) = &connecting {
                    config.app_data(ports.clone());
                }
            })
            .configure(routes::configure)
            .configure(|config| {
                if let Some(oauth) = &oauth {
                    config.app_data(oauth.clone()).configure(routes::configure_oauth);
                }
            })
            .configure(&live)
    };
    registry_http_edge::serve(make_app, listeners, settings)
}
