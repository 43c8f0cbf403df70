//! GET /ready: whether requests may be sent here.

use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_exchange::ask_store;
use registry_http_edge::Edge;
use serde_json::json;

use crate::handlers::Answer;

/// Whether requests may be sent here.
#[utoipa::path(
    get, path = "/ready", operation_id = "ready", tag = "health",
    responses(
        (status = 200, description = "They may", body = Object, example = json!({"status": "ready"})),
        (status = 503, description = "They may not: the store does not answer, or the process is about to end (`stopping`)", body = Object,
         example = json!({"status": "not_ready", "reason": "database"})),
    ),
)]
pub(crate) async fn handle(ports: web::Data<RegistryPorts>, edge: web::Data<Edge>) -> Answer {
    if let Some(stopping) = edge.settings.draining.not_ready() {
        return Ok(stopping);
    }
    Ok(if ask_store(ports.health.as_ref()).await.is_healthy() {
        HttpResponse::Ok().json(json!({"status": "ready"}))
    } else {
        HttpResponse::ServiceUnavailable()
            .json(json!({"status": "not_ready", "reason": "database"}))
    })
}
