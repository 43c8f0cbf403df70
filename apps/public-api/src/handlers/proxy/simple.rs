//! `POST /mcp`: one JSON-RPC message in, its answer out.

use actix_web::{HttpRequest, web};
use registry_exchange::{Door, Exchange, Inbound, Wants};
use registry_http_edge::openapi::json_rpc;
use registry_http_edge::{Problem, RequestId, mcp};

use super::admitted;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;

/// Send one MCP message to a server that can answer it.
#[utoipa::path(
    post, path = "/mcp", operation_id = "call_any", tag = "proxy", security((), ("bearer" = [])),
    request_body(content = json_rpc::Request, description = "One message; a batch is refused"),
    extensions(("x-over-json-rpc" = json!(true))),
    responses(
        (status = 200, description = "The answer, as JSON or as a stream of events that ends with it",
         content((json_rpc::Response = "application/json"),
                 (String = "text/event-stream", example = "event: message\ndata: {}\n\n"))),
        (status = 202, description = "A notification was taken"),
        (status = 404, description = "A method that nobody knows", body = json_rpc::Response),
    ),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
    settings: web::Data<PublicApiSettings>,
) -> Answer {
    let admitted = admitted(&request, payload, &settings).await;
    let (party, body) = admitted.map_err(Problem::over_json_rpc)?;
    let inbound = Inbound {
        door: Door::Any(Wants { open: settings.proxy.open, ..Wants::default() }),
        headers: mcp::headers(request.headers()),
        body,
        party,
        request_id: id.as_str().to_owned(),
        is_part: false,
    };
    Ok(mcp::reply(exchange.call(inbound).await))
}
