//! Probes. The gateway serves from its snapshot: without the store it is degraded, not down.

use actix_web::{HttpResponse, Responder, web};
use registry_exchange::Exchange;
use registry_http_edge::health::{StoreReport, ask_all};
use registry_http_edge::{Edge, WireTime};
use serde_json::json;

use crate::{GatewaySettings, Stores};

/// GET /health.
pub(crate) async fn health(
    settings: web::Data<GatewaySettings>,
    stores: web::Data<Stores>,
    exchange: web::Data<Exchange>,
    edge: web::Data<Edge>,
) -> impl Responder {
    let (database, shared) = ask_all(stores.store.as_ref(), stores.shared.as_deref()).await;
    let is_whole = database.is_healthy() && shared.as_ref().is_none_or(StoreReport::is_healthy);
    let now = edge.clock.now();
    let age_ms = now.duration_since(exchange.routes().refreshed_at()).as_millis();
    HttpResponse::Ok().json(json!({
        "status": if is_whole { "healthy" } else { "degraded" },
        "timestamp": WireTime(now),
        "version": settings.version,
        "database": if database.is_healthy() { "connected" } else { "disconnected" },
        "components": {
            "database": database,
            "redis": shared,
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
