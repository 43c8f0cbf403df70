//! POST /mcp and POST /servers/{server}/mcp: one MCP message in, its answer out.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_exchange::{Door, Exchange, Inbound};
use registry_http_edge::{Code, Problem, RequestId};

use crate::{GatewaySettings, authenticate, inbound, origin, reply};

/// All servers that the caller may use.
pub(crate) async fn federated(
    request: HttpRequest,
    id: RequestId,
    body: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    call(&request, &id, body, &exchange, Door::Federated).await.map_err(Problem::over_json_rpc)
}

/// One server, its names unchanged.
pub(crate) async fn of_server(
    request: HttpRequest,
    id: RequestId,
    server: web::Path<String>,
    body: web::Payload,
    exchange: web::Data<Exchange>,
) -> Result<HttpResponse, Problem> {
    let door = Door::Server(server.into_inner());
    call(&request, &id, body, &exchange, door).await.map_err(Problem::over_json_rpc)
}

async fn call(
    request: &HttpRequest,
    id: &RequestId,
    body: web::Payload,
    exchange: &Exchange,
    door: Door,
) -> Result<HttpResponse, Problem> {
    let settings = request
        .app_data::<web::Data<GatewaySettings>>()
        .ok_or_else(|| Problem::new(Code::InternalError, "Something went wrong on our side"))?;
    origin::check(request, settings)?;
    let caller = authenticate::caller(request).await?;
    let headers = inbound::headers(request.headers());
    let body = inbound::body(request.headers(), body, settings.max_body_bytes).await?;
    let inbound = Inbound { door, headers, body, caller, request_id: id.as_str().to_owned() };
    Ok(reply::reply(exchange.call(inbound).await))
}
