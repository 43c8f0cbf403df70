//! POST /mcp and POST /servers/{server}/mcp: one MCP message in, its answer out.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::party::Party;
use registry_exchange::{Door, Exchange, Inbound, batch_len};
use registry_http_edge::openapi::json_rpc::{Request, Response};
use registry_http_edge::{
    Edge, Problem, RequestId, bearer, body, guard, mcp, not_allowed, not_found,
};

use super::sse;
use crate::GatewaySettings;
use crate::openapi::McpHeaders;

/// Send one MCP message to all servers that the caller may use.
///
/// Tools are named `{alias}__{tool}`.
#[utoipa::path(
    post, path = "/mcp", operation_id = "call_federated", tag = "mcp",
    security(("bearer" = [])),
    params(McpHeaders),
    request_body(content = Request, description = "One message, or a batch of revision 2025-03-26"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "The answer, as JSON or as a stream of events that ends with it",
         content((Response = "application/json"), (String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 202, description = "A notification was taken"),
    ),
)]
pub(crate) async fn federated(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    call(&request, &id, payload, &exchange, Door::Federated).await.map_err(Problem::over_json_rpc)
}

/// Send one MCP message to one server, its names unchanged.
///
/// An administrator writes `{tenant}~{alias}` for another tenant's server.
#[utoipa::path(
    post, path = "/servers/{alias}/mcp", operation_id = "call_server", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("alias" = String, Path, description = "The server's alias", example = "weather"),
        McpHeaders),
    request_body(content = Request, description = "One message, or a batch of revision 2025-03-26"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "The answer, as JSON or as a stream of events that ends with it",
         content((Response = "application/json"), (String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 202, description = "A notification was taken"),
        (status = 404, description = "There is no such server, or it is not the caller's to see",
         body = Response, example = json!({
             "jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Unknown server"},
         })),
    ),
)]
pub(crate) async fn of_server(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    let (server, endpoint) = server_in(request.match_info().as_str()).ok_or_else(not_found)?;
    match (endpoint, request.method()) {
        ("sse", &Method::GET) => return sse::open_server(&request, &exchange, server).await,
        ("sse", _) => return Err(not_allowed("GET")),
        ("messages", &Method::POST) => {
            return sse::send_server(&request, &id, payload, &exchange, server).await;
        }
        ("messages", _) => return Err(not_allowed("POST")),
        _ => {}
    }
    let door = Door::Server(server.to_owned());
    match *request.method() {
        Method::POST => {}
        Method::GET | Method::HEAD => {
            return listen_server(&request, &exchange, &door).await;
        }
        Method::DELETE => return end_server_session(&request, &exchange).await,
        _ => return Err(not_allowed("POST, GET, HEAD, DELETE")),
    }
    call(&request, &id, payload, &exchange, door).await.map_err(Problem::over_json_rpc)
}

/// Listen for changes of what all servers offer.
///
/// For clients of the revisions with a handshake; later ones send `subscriptions/listen`. The
/// stream tells `notifications/tools/list_changed` and its like.
#[utoipa::path(
    get, path = "/mcp", operation_id = "listen_federated", tag = "mcp",
    security(("bearer" = [])),
    params(McpHeaders),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "A stream of events without an end",
         content((String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 405, description = "The client reads no stream of events", body = Response),
    ),
)]
pub(crate) async fn listen_federated(
    request: HttpRequest,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    listen(&request, &exchange, &Door::Federated).await.map_err(Problem::over_json_rpc)
}

/// Listen for changes of what one server offers.
///
/// As `GET /mcp`.
#[utoipa::path(
    get, path = "/servers/{alias}/mcp", operation_id = "listen_server", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("alias" = String, Path, description = "The server's alias", example = "weather"),
        McpHeaders),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "A stream of events without an end",
         content((String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 404, description = "There is no such server, or it is not the caller's to see",
         body = Response, example = json!({
             "jsonrpc": "2.0", "id": null, "error": {"code": -32602, "message": "Unknown server"},
         })),
        (status = 405, description = "The client reads no stream of events", body = Response),
    ),
)]
async fn listen_server(
    request: &HttpRequest,
    exchange: &Exchange,
    door: &Door,
) -> Result<HttpResponse, Problem> {
    listen(request, exchange, door).await.map_err(Problem::over_json_rpc)
}

/// End a session.
///
/// For clients of the revisions with a handshake, whose `initialize` was answered with one.
#[utoipa::path(
    delete, path = "/mcp", operation_id = "end_session", tag = "mcp",
    security(("bearer" = [])),
    params(McpHeaders),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "There is no such session, or it is not the caller's", body = Response,
         example = json!({
             "jsonrpc": "2.0", "id": null,
             "error": {"code": -32600, "message": "unknown session: send initialize to begin a new one"},
         })),
    ),
)]
pub(crate) async fn end_session(
    request: HttpRequest,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    end(&request, &exchange).await
}

/// End a session that was begun at a server's address.
///
/// As `DELETE /mcp`.
#[utoipa::path(
    delete, path = "/servers/{alias}/mcp", operation_id = "end_server_session", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("alias" = String, Path, description = "The server's alias", example = "weather"),
        McpHeaders),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "There is no such session, or it is not the caller's", body = Response,
         example = json!({
             "jsonrpc": "2.0", "id": null,
             "error": {"code": -32600, "message": "unknown session: send initialize to begin a new one"},
         })),
    ),
)]
async fn end_server_session(
    request: &HttpRequest,
    exchange: &Exchange,
) -> Result<HttpResponse, Problem> {
    end(request, exchange).await
}

pub(super) async fn end(
    request: &HttpRequest,
    exchange: &Exchange,
) -> Result<HttpResponse, Problem> {
    let (_, party) = admitted(request).await.map_err(Problem::over_json_rpc)?;
    let headers = mcp::headers(request.headers());
    Ok(mcp::reply(exchange.end_session(headers.session.as_deref(), &party).await))
}

pub(super) async fn listen(
    request: &HttpRequest,
    exchange: &Exchange,
    door: &Door,
) -> Result<HttpResponse, Problem> {
    let (_, party) = admitted(request).await?;
    // Who looks at the address with a browser is told what it is for.
    let headers = mcp::headers(request.headers());
    if !headers.accepts_event_stream {
        return Err(not_allowed("POST"));
    }
    Ok(mcp::reply(exchange.listen(door, headers.session.as_deref(), &party).await))
}

/// The server in a path of the form `/servers/{server}/{endpoint}`, and which of its endpoints that is.
fn server_in(path: &str) -> Option<(&str, &str)> {
    let (server, endpoint) = path.strip_prefix("/servers/")?.split_once('/')?;
    let is_endpoint = matches!(endpoint, "mcp" | "sse" | "messages");
    (!server.is_empty() && is_endpoint).then_some((server, endpoint))
}

pub(super) async fn call(
    request: &HttpRequest,
    id: &RequestId,
    payload: web::Payload,
    exchange: &Exchange,
    door: Door,
) -> Result<HttpResponse, Problem> {
    let (settings, party) = admitted(request).await?;
    let (max_bytes, within) = (settings.max_body_bytes, Edge::of(request)?.settings.body_timeout);
    let body = body::read(request.headers(), payload.into_inner(), max_bytes, within).await?;
    if let (1.., Party::Caller(caller)) = (batch_len(&body).saturating_sub(1), &party) {
        guard::count_more(Edge::of(request)?, request, caller, batch_len(&body) - 1).await?;
    }
    let inbound = Inbound {
        door,
        headers: mcp::headers(request.headers()),
        body,
        party,
        request_id: id.as_str().to_owned(),
        is_part: false,
    };
    Ok(mcp::reply(exchange.call(inbound).await))
}

/// Who calls, if from where and as whom they may.
pub(super) async fn admitted(request: &HttpRequest) -> Result<(&GatewaySettings, Party), Problem> {
    let settings =
        request.app_data::<web::Data<GatewaySettings>>().ok_or_else(Problem::internal)?;
    settings.origins.check(request)?;
    let admitted =
        guard::admitted(Edge::of(request)?, request).await?.ok_or_else(bearer::required)?;
    Ok((settings, Party::Caller(Arc::new(admitted.caller))))
}
