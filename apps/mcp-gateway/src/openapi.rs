//! The OpenAPI 3.1 document of port 8001. What MCP's methods take and give is the protocol's to
//! say; here stands how messages are carried, and what the gateway itself answers.

use std::sync::OnceLock;

use registry_http_edge::openapi::operations::each_mut;
use registry_http_edge::openapi::{BEARER, complete};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::{IntoParams, OpenApi};

use crate::handlers::{collections, health, mcp, root, sign_in, sse};

/// Every operation of port 8001.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "MCP Registry Gateway: MCP",
        description = "Approved MCP servers behind one address, for MCP clients (streamable HTTP, \
                       revisions 2024-11-05 to 2025-11-25 with a handshake, and 2026-07-28 without \
                       one). Errors of these endpoints are JSON-RPC errors.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "mcp", description = "One MCP message in, its answer out"),
        (name = "sign-in", description = "Signing in with a browser, and who is signed in"),
        (name = "health", description = "For probes and dashboards; no token, no limits"),
    ),
    paths(
        mcp::federated,
        mcp::of_server,
        mcp::listen_federated,
        mcp::listen_server,
        mcp::end_session,
        mcp::end_server_session,
        collections::of_collection,
        collections::listen_collection,
        collections::end_collection_session,
        sse::open_federated,
        sse::open_server,
        sse::send_federated,
        sse::send_server,
        sign_in::login::begin,
        sign_in::callback::finish,
        sign_in::userinfo::show,
        sign_in::logout::end,
        root::about,
        health::health,
        health::ready,
        registry_http_edge::health::livez,
    ),
)]
struct Document;

/// The headers of a message.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct McpHeaders {
    /// What the client reads: JSON, a stream of events, or both
    #[param(rename = "Accept", example = "application/json, text/event-stream")]
    accept: Option<String>,
    /// The revision of the protocol; after the handshake, where there is one
    #[param(rename = "MCP-Protocol-Version", example = "2025-11-25")]
    version: Option<String>,
}

/// The document.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let mut live = registry_live_feed::document();
    for (_, _, operation) in each_mut(&mut live) {
        // Here nobody listens without a token.
        let nobody_else: [&str; 0] = [];
        operation.security = Some(vec![SecurityRequirement::new(BEARER, nobody_else)]);
    }
    document.merge(live);
    complete(&mut document);
    document
}

/// The document as it is served; it is made once.
pub(crate) fn served() -> &'static str {
    static SERVED: OnceLock<String> = OnceLock::new();
    // Strings and numbers always serialise; an empty document beats a panic all the same.
    SERVED.get_or_init(|| document().to_json().unwrap_or_default())
}

#[cfg(test)]
mod tests;
