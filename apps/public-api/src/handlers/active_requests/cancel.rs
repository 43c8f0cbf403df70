//! `DELETE /api/v1/proxy/requests/{request_id}`: ends a call that is under way, on whatever replica.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_exchange::{Cancellation, Exchange};
use registry_http_edge::{Code, Edge, Problem, guard};
use serde_json::json;

use super::viewer;
use crate::handlers::Answer;
use crate::handlers::proxy::signed_in_unless_open;
use crate::settings::PublicApiSettings;
use crate::wire::active_request::CancelResponse;

/// End a call that is under way, on whatever replica.
#[utoipa::path(
    delete, path = "/api/v1/proxy/requests/{request_id}", operation_id = "cancel_request", tag = "proxy", security((), ("bearer" = [])),
    params(("request_id" = String, Path, description = "The call's own id, or its JSON-RPC id")),
    extensions(("x-error-codes" = json!([
        "REQUEST_NOT_FOUND", "AMBIGUOUS_REQUEST_ID",
    ]))),
    responses((status = 200, description = "It is ended", body = CancelResponse)),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    exchange: web::Data<Exchange>,
    settings: web::Data<PublicApiSettings>,
    id: web::Path<String>,
) -> Answer {
    let party = guard::party(Edge::of(&request)?, &request).await?;
    signed_in_unless_open(&party, &settings)?;
    let details = json!({"request_id": id.as_str()});
    match exchange.active_calls().cancel(&viewer(&party, &settings), &id).await {
        Cancellation::Cancelled { request_id } => {
            Ok(HttpResponse::Ok().json(CancelResponse::of(request_id)))
        }
        Cancellation::NotFound => {
            Err(Problem::new(Code::RequestNotFound, "Request not found").with_details(details))
        }
        Cancellation::Ambiguous => Err(Problem::new(
            Code::AmbiguousRequestId,
            "Several active requests have this id: cancel one by its own request_id",
        )
        .with_details(details)),
    }
}
