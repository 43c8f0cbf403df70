//! Probes. The gateway serves from its snapshot: without the store it is degraded, not down.

use actix_web::{HttpResponse, Responder, web};
use registry_domain::ports::StoreHealth;
use registry_exchange::Exchange;
use registry_http_edge::health::ask_store;
use registry_http_edge::{Edge, WireTime};
use serde_json::json;

use crate::GatewaySettings;

/// GET /health.
pub(crate) async fn health(
    settings: web::Data<GatewaySettings>,
    store: web::Data<dyn StoreHealth>,
    exchange: web::Data<Exchange>,
    edge: web::Data<Edge>,
) -> impl Responder {
    let database = ask_store(store.as_ref()).await;
    let now = edge.clock.now();
    let age_ms = now.duration_since(exchange.routes().refreshed_at()).as_millis();
    HttpResponse::Ok().json(json!({
        "status": if database.is_healthy() { "healthy" } else { "degraded" },
        "timestamp": WireTime(now),
        "version": settings.version,
        "database": if database.is_healthy() { "connected" } else { "disconnected" },
        "components": {
            "database": database,
            "router": {
                "status": "healthy",
                "servers": exchange.routes().now().len(),
                "snapshot_age_ms": i64::try_from(age_ms).unwrap_or(i64::MAX),
            },
        },
    }))
}

/// GET /ready: the snapshot was read before the first request came in, so the gateway is ready for
/// as long as it runs.
pub(crate) async fn ready() -> impl Responder {
    HttpResponse::Ok().json(json!({"status": "ready"}))
}
