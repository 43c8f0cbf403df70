//! Probes. The gateway serves from its snapshot: without the store it is degraded, not down.

use actix_web::{HttpResponse, Responder, web};
use registry_exchange::Exchange;
use registry_http_edge::health::{StoreReport, ask_all};
use registry_http_edge::{Edge, WireTime};
use serde_json::json;

use crate::{GatewaySettings, Stores};

/// How each part is doing.
///
/// 200 also while the store or Redis is away (`degraded`): calls are served from the snapshot.
#[utoipa::path(
    get, path = "/health", operation_id = "show_gateway_health", tag = "health",
    responses((status = 200, description = "`healthy`, or `degraded`", body = Object, example = json!({
        "status": "healthy",
        "timestamp": "2026-11-21T10:53:19.565057Z",
        "version": "0.1.0",
        "database": "connected",
        "components": {
            "database": {
                "status": "healthy",
                "latency_ms": 0.8,
                "pool": {"size": 10, "max": 20, "available": 9, "waiting": 0},
            },
            "redis": null,
            "router": {"status": "healthy", "servers": 3, "snapshot_age_ms": 12},
        },
    }))),
)]
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

/// Whether calls may be sent here.
///
/// The snapshot was read before the first request came in, so the gateway is ready for as long as
/// it runs, until it is told to stop.
#[utoipa::path(
    get, path = "/ready", operation_id = "gateway_ready", tag = "health",
    responses(
        (status = 200, description = "They may", body = Object, example = json!({"status": "ready"})),
        (status = 503, description = "They may not: the process is about to end", body = Object,
         example = json!({"status": "not_ready", "reason": "stopping"})),
    ),
)]
pub(crate) async fn ready(edge: web::Data<Edge>) -> impl Responder {
    let stopping = edge.settings.draining.not_ready();
    stopping.unwrap_or_else(|| HttpResponse::Ok().json(json!({"status": "ready"})))
}
