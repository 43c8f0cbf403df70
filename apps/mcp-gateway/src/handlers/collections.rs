//! POST, GET and DELETE /collections/{slug}/mcp: as `/mcp`, for what a collection has.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_exchange::{Door, Exchange};
use registry_http_edge::openapi::json_rpc::{Request, Response};
use registry_http_edge::{Problem, RequestId, not_allowed, not_found};

use super::mcp::{call, end, listen};
use crate::openapi::McpHeaders;

/// Send one MCP message to what a collection has.
///
/// Tools are named as at `/mcp`, but for those that the collection gives other names. An administrator
/// writes `{tenant}~{slug}` for another tenant's collection.
#[utoipa::path(
    post, path = "/collections/{slug}/mcp", operation_id = "call_collection", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("slug" = String, Path, description = "The collection's slug", example = "office"),
        McpHeaders),
    request_body(content = Request, description = "One message; a batch is refused"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "The answer, as JSON or as a stream of events that ends with it",
         content((Response = "application/json"), (String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 202, description = "A notification was taken"),
        (status = 404, description = "There is no such collection, or it is not the caller's to see",
         body = Response, example = json!({
             "jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "unknown collection"},
         })),
    ),
)]
pub(crate) async fn of_collection(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    let slug = slug_in(request.match_info().as_str()).ok_or_else(not_found)?;
    let door = Door::Collection(slug.to_owned());
    match *request.method() {
        Method::POST => {}
        Method::GET | Method::HEAD => return listen_collection(&request, &exchange, &door).await,
        Method::DELETE => return end_collection_session(&request, &exchange).await,
        _ => return Err(not_allowed("POST, GET, HEAD, DELETE")),
    }
    call(&request, &id, payload, &exchange, door).await.map_err(Problem::over_json_rpc)
}

/// Listen for changes of what a collection has.
///
/// As `GET /mcp`.
#[utoipa::path(
    get, path = "/collections/{slug}/mcp", operation_id = "listen_collection", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("slug" = String, Path, description = "The collection's slug", example = "office"),
        McpHeaders),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "A stream of events without an end",
         content((String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 404, description = "There is no such collection, or it is not the caller's to see",
         body = Response, example = json!({
             "jsonrpc": "2.0", "id": null, "error": {"code": -32602, "message": "unknown collection"},
         })),
        (status = 405, description = "The client reads no stream of events", body = Response),
    ),
)]
async fn listen_collection(
    request: &HttpRequest,
    exchange: &Exchange,
    door: &Door,
) -> Result<HttpResponse, Problem> {
    listen(request, exchange, door).await.map_err(Problem::over_json_rpc)
}

/// End a session that was begun at a collection's address.
///
/// As `DELETE /mcp`.
#[utoipa::path(
    delete, path = "/collections/{slug}/mcp", operation_id = "end_collection_session", tag = "mcp",
    security(("bearer" = [])),
    params(
        ("slug" = String, Path, description = "The collection's slug", example = "office"),
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
async fn end_collection_session(
    request: &HttpRequest,
    exchange: &Exchange,
) -> Result<HttpResponse, Problem> {
    end(request, exchange).await
}

/// The collection in a path of the form `/collections/{slug}/mcp`.
fn slug_in(path: &str) -> Option<&str> {
    let slug = path.strip_prefix("/collections/")?.strip_suffix("/mcp")?;
    (!slug.is_empty() && !slug.contains('/')).then_some(slug)
}
