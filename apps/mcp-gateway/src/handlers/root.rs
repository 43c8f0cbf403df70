//! GET /: what this is and where things are.

use actix_web::{HttpResponse, Responder, web};
use serde_json::json;

use crate::GatewaySettings;

/// Answers what this is.
pub(crate) async fn about(settings: web::Data<GatewaySettings>) -> impl Responder {
    HttpResponse::Ok().json(json!({
        "name": settings.name,
        "version": settings.version,
        "status": "running",
        "description": "Authenticated MCP gateway: approved MCP servers behind one address",
        "endpoints": {"mcp": "/mcp", "server": "/servers/{alias}/mcp", "health": "/health", "ready": "/ready"},
    }))
}
