//! Every path of the gateway that is its own, in one place: MCP, probes, and what it tells of
//! itself. A path that stands here answers 405 with `Allow` to other methods. Live events are added
//! by `registry_live_feed::routes`, and `/metrics` by the edge.

use actix_web::web;
use registry_http_edge::health::livez;
use registry_http_edge::{at, below};

use crate::handlers::{document, health, mcp, root};

/// Adds the gateway's paths to an app.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(at("/").get(root::about))
        .service(at("/openapi.json").get(document::show))
        .service(at("/livez").get(livez))
        .service(at("/health").get(health::health))
        .service(at("/ready").get(health::ready))
        .service(
            at("/mcp").post(mcp::federated).get(mcp::listen_federated).delete(mcp::end_session),
        )
        .service(below("/servers", mcp::of_server));
}
