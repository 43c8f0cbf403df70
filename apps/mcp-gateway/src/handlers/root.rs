//! GET /: what this is and where things are.

use actix_web::{HttpResponse, Responder, web};
use serde_json::json;

use crate::GatewaySettings;

/// What this is, and where things are.
#[utoipa::path(
    get, path = "/", operation_id = "show_gateway", tag = "health",
    responses((status = 200, description = "What this is", body = Object, example = json!({
        "name": "MCP Registry Gateway", "version": "0.1.0", "status": "running",
        "endpoints": {"mcp": "/mcp", "server": "/servers/{alias}/mcp", "collection": "/collections/{slug}/mcp"},
    }))),
)]
pub(crate) async fn about(settings: web::Data<GatewaySettings>) -> impl Responder {
    HttpResponse::Ok().json(json!({
        "name": settings.name,
        "version": settings.version,
        "status": "running",
        "description": "Authenticated MCP gateway: approved MCP servers behind one address",
        "endpoints": {"mcp": "/mcp", "server": "/servers/{alias}/mcp", "collection": "/collections/{slug}/mcp", "health": "/health", "ready": "/ready"},
    }))
}
