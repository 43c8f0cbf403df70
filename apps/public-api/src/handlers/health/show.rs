//! GET /health: how each part is doing; 503 without the store. Without what replicas share each
//! process goes on by itself: that is degraded.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_http_edge::health::ask_all;

use crate::handlers::Answer;
use crate::wire::health::HealthResponse;

/// How each part is doing.
///
/// Without Redis, where there is one, each process goes on by itself: that is degraded.
#[utoipa::path(
    get, path = "/health", operation_id = "show_health", tag = "health",
    responses(
        (status = 200, description = "`healthy`, or `degraded`", body = HealthResponse),
        (status = 503, description = "`unhealthy`: the store does not answer", body = HealthResponse),
    ),
)]
pub(crate) async fn handle(ports: web::Data<RegistryPorts>) -> Answer {
    let (database, shared) = ask_all(ports.health.as_ref(), ports.shared.as_deref()).await;
    let mut response =
        if database.is_healthy() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.json(HealthResponse::of(database, shared, ports.clock.now())))
}
