//! Every path of the gateway that is its own, in one place: MCP, probes, and what it tells of
//! itself. A path that stands here answers 405 with `Allow` to other methods. Live events are added
//! by `registry_live_feed::routes`, and `/metrics` by the edge.
//! Those of the authorization server are in `routes/oauth.rs`, and the pages where people connect
//! servers in `routes/connect.rs`.

mod connect;
mod oauth;

use actix_web::web;
use registry_http_edge::health::livez;
use registry_http_edge::{at, below};

use crate::handlers::sign_in::{callback, login, logout, userinfo};
use crate::handlers::{collections, document, health, mcp, root, sse};

/// Adds the authorization server's paths to an app.
pub(crate) fn configure_oauth(config: &mut web::ServiceConfig) {
    oauth::server(config);
}

/// Adds the gateway's paths to an app.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    oauth::resources(config);
    connect::pages(config);
    config
        .service(at("/").get(root::about))
        .service(at("/openapi.json").get(document::show))
        .service(at("/livez").get(livez))
        .service(at("/health").get(health::health))
        .service(at("/ready").get(health::ready))
        .service(at("/oauth/login").get(login::begin))
        .service(at("/oauth/callback").get(callback::finish))
        .service(at("/oauth/userinfo").get(userinfo::show))
        .service(at("/oauth/logout").post(logout::end))
        .service(
            at("/mcp").post(mcp::federated).get(mcp::listen_federated).delete(mcp::end_session),
        )
        .service(at("/sse").get(sse::open_federated))
        .service(at("/messages").post(sse::send_federated))
        .service(below("/servers", mcp::of_server))
        .service(below("/collections", collections::of_collection));
}
