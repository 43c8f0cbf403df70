//! GET /sse and POST /messages: the transport of revision 2024-11-05, for clients that know no other.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_exchange::{Door, Exchange, Inbound, InboundHeaders};
use registry_http_edge::openapi::json_rpc::{Request, Response};
use registry_http_edge::{Edge, Problem, RequestId, body, mcp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::mcp::admitted;

/// Whose stream a message belongs to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// The stream's id, as its first event names it
    session_id: Option<String>,
}

/// Open the event stream of the older transport, for all servers.
///
/// For clients of revision 2024-11-05 that speak HTTP+SSE. The first event, `endpoint`, names the
/// address to post messages to; their answers come on the stream.
#[utoipa::path(
    get, path = "/sse", operation_id = "open_sse", tag = "mcp",
    security(("bearer" = [])),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "A stream of events without an end",
         content((String = "text/event-stream", example = "event: endpoint\ndata: /messages?session_id=0192\n\n"))),
    ),
)]
pub(crate) async fn open_federated(
    request: HttpRequest,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    open(&request, &exchange, &Door::Federated, "/messages").await
}

/// Open the event stream of the older transport, for one server.
///
/// As `GET /sse`.
#[utoipa::path(
    get, path = "/servers/{alias}/sse", operation_id = "open_server_sse", tag = "mcp",
    security(("bearer" = [])),
    params(("alias" = String, Path, description = "The server's alias", example = "weather")),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "A stream of events without an end",
         content((String = "text/event-stream", example = "event: endpoint\ndata: /servers/weather/messages?session_id=0192\n\n"))),
        (status = 404, description = "There is no such server, or it is not the caller's to see",
         body = Response, example = json!({
             "jsonrpc": "2.0", "id": null, "error": {"code": -32602, "message": "Unknown server"},
         })),
    ),
)]
pub(super) async fn open_server(
    request: &HttpRequest,
    exchange: &Exchange,
    server: &str,
) -> Result<HttpResponse, Problem> {
    let address = format!("/servers/{server}/messages");
    open(request, exchange, &Door::Server(server.to_owned()), &address).await
}

/// Send a message to an event stream of the older transport.
#[utoipa::path(
    post, path = "/messages", operation_id = "send_sse", tag = "mcp",
    security(("bearer" = [])),
    params(StreamQuery),
    request_body(content = Request, description = "One message"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 202, description = "It was taken; its answer comes on the stream"),
        (status = 404, description = "There is no such stream, or it is not the caller's", body = Response,
         example = json!({
             "jsonrpc": "2.0", "id": null,
             "error": {"code": -32600, "message": "unknown session: send initialize to begin a new one"},
         })),
    ),
)]
pub(crate) async fn send_federated(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    send(&request, &id, payload, &exchange, Door::Federated).await
}

/// Send a message to an event stream of the older transport, for one server.
///
/// As `POST /messages`.
#[utoipa::path(
    post, path = "/servers/{alias}/messages", operation_id = "send_server_sse", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("alias" = String, Path, description = "The server's alias", example = "weather"),
        StreamQuery),
    request_body(content = Request, description = "One message"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 202, description = "It was taken; its answer comes on the stream"),
        (status = 404, description = "There is no such stream, or it is not the caller's", body = Response,
         example = json!({
             "jsonrpc": "2.0", "id": null,
             "error": {"code": -32600, "message": "unknown session: send initialize to begin a new one"},
         })),
    ),
)]
pub(super) async fn send_server(
    request: &HttpRequest,
    id: &RequestId,
    payload: web::Payload,
    exchange: &Exchange,
    server: &str,
) -> Result<HttpResponse, Problem> {
    send(request, id, payload, exchange, Door::Server(server.to_owned())).await
}

async fn open(
    request: &HttpRequest,
    exchange: &Exchange,
    door: &Door,
    address: &str,
) -> Result<HttpResponse, Problem> {
    let (_, party) = admitted(request).await.map_err(Problem::over_json_rpc)?;
    Ok(mcp::reply(exchange.open_stream(door, &party, address)))
}

async fn send(
    request: &HttpRequest,
    id: &RequestId,
    payload: web::Payload,
    exchange: &Exchange,
    door: Door,
) -> Result<HttpResponse, Problem> {
    let inbound = read(request, id, payload, door).await.map_err(Problem::over_json_rpc)?;
    let query = web::Query::<StreamQuery>::from_query(request.query_string()).ok();
    let stream = query.and_then(|query| query.into_inner().session_id);
    Ok(mcp::reply(exchange.take_message(stream.as_deref(), inbound).await))
}

async fn read(
    request: &HttpRequest,
    id: &RequestId,
    payload: web::Payload,
    door: Door,
) -> Result<Inbound, Problem> {
    let (settings, party) = admitted(request).await?;
    let (max_bytes, within) = (settings.max_body_bytes, Edge::of(request)?.settings.body_timeout);
    let body = body::read(request.headers(), payload.into_inner(), max_bytes, within).await?;
    let hops = mcp::hops(request.headers());
    let headers = InboundHeaders { hops, ..InboundHeaders::default() };
    let request_id = id.as_str().to_owned();
    Ok(Inbound { door, headers, body, party, request_id, is_part: false })
}
