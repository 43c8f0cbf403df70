//! `POST /mcp/proxy`: a JSON-RPC call with wishes about the server that answers it.

use actix_web::{HttpRequest, web};
use registry_exchange::Exchange;
use registry_http_edge::RequestId;

use super::admitted;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::proxy_request::ProxyRequest;
use crate::wire::proxy_response;

pub(crate) async fn handle(
    request: HttpRequest,
    id: RequestId,
    payload: web::Payload,
    exchange: web::Data<Exchange>,
    settings: web::Data<PublicApiSettings>,
) -> Answer {
    let (party, body) = admitted(&request, payload, &settings).await?;
    let call = ProxyRequest::read(&body, &settings.proxy)?;
    proxy_response::shown(exchange.proxy(call.inbound(party, id.as_str())).await)
}
