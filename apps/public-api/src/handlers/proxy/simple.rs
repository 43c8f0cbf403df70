//! `POST /mcp`: one JSON-RPC message in, its answer out.

use actix_web::{HttpRequest, web};
use registry_exchange::{Door, Exchange, Inbound, Wants};
use registry_http_edge::{Problem, RequestId, mcp};

use super::admitted;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;

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
    };
    Ok(mcp::reply(exchange.call(inbound).await))
}
