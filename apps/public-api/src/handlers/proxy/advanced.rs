//! `POST /mcp/proxy`: a JSON-RPC call with wishes about the server that answers it.

use actix_web::{HttpRequest, web};
use registry_exchange::Exchange;
use registry_http_edge::{RequestId, mcp};

use super::admitted;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::proxy_request::ProxyBody;
use crate::wire::proxy_request::ProxyRequest;
use crate::wire::proxy_response;

/// Send one call, with wishes about the server that answers it.
#[utoipa::path(
    post, path = "/mcp/proxy", operation_id = "call_wrapped", tag = "proxy", security((), ("bearer" = [])),
    request_body = ProxyBody,
    extensions(("x-error-codes" = json!([
        "ORIGIN_NOT_ALLOWED", "INSUFFICIENT_PERMISSIONS", "TENANT_ACCESS_DENIED", "SERVER_NOT_FOUND", "NO_COMPATIBLE_SERVER", "REQUEST_CANCELLED", "PROXY_ERROR", "SERVER_UNAVAILABLE", "CIRCUIT_BREAKER_OPEN", "TIMEOUT_ERROR",
    ]))),
    responses(
        (status = 200, description = "The server's answer, also when it is an error of its own", body = Object, example = json!({
            "jsonrpc": "2.0", "id": "1", "result": {"content": []},
            "server_id": "00000000-0000-4000-8000-000000000001",
            "response_time_ms": 12.3, "success": true,
        })),
        (status = 202, description = "A notification was taken"),
        (status = 400, description = "It is no call: a problem. Where the call itself was read, its `error` is a JSON-RPC error, and `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 400, "code": "BAD_REQUEST", "detail": "params.name is required", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32602, "message": "params.name is required", "data": {"error": "BAD_REQUEST"}},
             "server_id": null, "response_time_ms": 0.2, "success": false,
         })),
        (status = 403, description = "The caller may not: a problem. Where the call itself was read, its `error` is a JSON-RPC error, and `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 403, "code": "INSUFFICIENT_PERMISSIONS", "detail": "params.name is required", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32602, "message": "params.name is required", "data": {"error": "INSUFFICIENT_PERMISSIONS"}},
             "server_id": null, "response_time_ms": 0.2, "success": false,
         })),
        (status = 422, description = "A member breaks its rule: a problem. Where the call itself was read, its `error` is a JSON-RPC error, and `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 422, "code": "VALIDATION_ERROR", "detail": "params.name is required", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32602, "message": "params.name is required", "data": {"error": "VALIDATION_ERROR"}},
             "server_id": null, "response_time_ms": 0.2, "success": false,
         })),
        (status = 404, description = "No server can do it, or none of that name: a problem whose `error` is a JSON-RPC error, and whose `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 404, "code": "NO_COMPATIBLE_SERVER", "detail": "It could not be done", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32603, "message": "It could not be done", "data": {"error": "NO_COMPATIBLE_SERVER"}},
             "server_id": null, "response_time_ms": 9.1, "success": false,
         })),
        (status = 409, description = "Somebody ended it: a problem whose `error` is a JSON-RPC error, and whose `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 409, "code": "REQUEST_CANCELLED", "detail": "It could not be done", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32603, "message": "It could not be done", "data": {"error": "REQUEST_CANCELLED"}},
             "server_id": null, "response_time_ms": 9.1, "success": false,
         })),
        (status = 502, description = "The server failed: a problem whose `error` is a JSON-RPC error, and whose `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 502, "code": "PROXY_ERROR", "detail": "It could not be done", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32603, "message": "It could not be done", "data": {"error": "PROXY_ERROR"}},
             "server_id": null, "response_time_ms": 9.1, "success": false,
         })),
        (status = 503, description = "No server can be used right now: a problem whose `error` is a JSON-RPC error, and whose `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 503, "code": "SERVER_UNAVAILABLE", "detail": "It could not be done", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32603, "message": "It could not be done", "data": {"error": "SERVER_UNAVAILABLE"}},
             "server_id": null, "response_time_ms": 9.1, "success": false,
         })),
        (status = 504, description = "The server was too slow: a problem whose `error` is a JSON-RPC error, and whose `code` says why", body = Object,
         content_type = "application/problem+json", example = json!({
             "status": 504, "code": "TIMEOUT_ERROR", "detail": "It could not be done", "jsonrpc": "2.0", "id": "1",
             "error": {"code": -32603, "message": "It could not be done", "data": {"error": "TIMEOUT_ERROR"}},
             "server_id": null, "response_time_ms": 9.1, "success": false,
         })),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
    settings: web::Data<PublicApiSettings>,
) -> Answer {
    let (party, body) = admitted(&request, payload, &settings).await?;
    let call = ProxyRequest::read(&body, &settings.proxy)?;
    let hops = mcp::hops(request.headers());
    proxy_response::shown(exchange.proxy(call.inbound(party, id.as_str(), hops)).await)
}
