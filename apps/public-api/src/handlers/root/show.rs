//! GET /: what this is and where to go from here.

use actix_web::{HttpResponse, web};
use registry_http_edge::Visitor;
use serde_json::json;

use crate::handlers::Answer;
use crate::settings::PublicApiSettings;

/// What this is, and where to go from here.
#[utoipa::path(
    get, path = "/", operation_id = "show_root", tag = "registry",
    security((), ("bearer" = [])),
    responses((status = 200, description = "What this is", body = Object, example = json!({
        "name": "MCP Registry Gateway", "version": "0.1.0", "status": "running",
        "environment": "development", "docs": "/docs", "openapi": "/openapi.json",
    }))),
)]
pub(crate) async fn handle(settings: web::Data<PublicApiSettings>, _visitor: Visitor) -> Answer {
    let docs = settings.pages.swagger().map(|(docs, _)| docs);
    Ok(HttpResponse::Ok().json(json!({
        "name": "MCP Registry Gateway",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "running",
        "description": "A registry of MCP servers: submit, review, find; and one gateway to call them",
        "environment": settings.environment,
        "docs": docs,
        "docs_url": docs,
        "redoc": settings.pages.redoc,
        "openapi": settings.pages.openapi,
        "health": "/health",
        "health_url": "/health",
        "api_base": "/api/v1",
        "proxy_endpoints": {"advanced": "/mcp/proxy", "simple": "/mcp"},
        "endpoints": {
            "health": "/health",
            "users": "/users",
            "registrations": "/registrations",
            "audit_logs": "/audit-logs",
        },
    })))
}
