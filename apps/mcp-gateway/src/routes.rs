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
        // Streams and sessions of the legacy revisions are optional there: GET and DELETE are 405.
        .service(at("/mcp").post(mcp::federated))
        .service(below("/servers", mcp::of_server));
}
