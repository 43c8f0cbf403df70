//! GET /health: how each part is doing; 503 without the store.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_http_edge::health::ask_store;

use crate::handlers::Answer;
use crate::wire::health::HealthResponse;

pub(crate) async fn handle(ports: web::Data<RegistryPorts>) -> Answer {
    let database = ask_store(ports.health.as_ref()).await;
    let mut response =
        if database.is_healthy() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(response.json(HealthResponse::of(database, ports.clock.now())))
}
