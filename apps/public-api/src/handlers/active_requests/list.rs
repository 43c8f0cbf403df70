//! `GET /api/v1/proxy/active-requests`: the calls that are under way, on all replicas.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use registry_exchange::Exchange;
use registry_http_edge::{Edge, guard};

use super::viewer;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::active_request::ActiveRequestsResponse;

/// List the calls that are under way, on all replicas.
///
/// Everybody sees their own; administrators see all.
#[utoipa::path(
    get, path = "/api/v1/proxy/active-requests", operation_id = "list_active_requests", tag = "proxy", security((), ("bearer" = [])),
    responses((status = 200, description = "The calls", body = ActiveRequestsResponse)),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    exchange: web::Data<Exchange>,
    settings: web::Data<PublicApiSettings>,
) -> Answer {
    let party = guard::party(Edge::of(&request)?, &request).await?;
    let listing = exchange.active_calls().list(&viewer(&party, &settings)).await;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(ActiveRequestsResponse::of(&listing)))
}
