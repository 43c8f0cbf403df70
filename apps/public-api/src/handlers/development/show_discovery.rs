//! GET /dev/.well-known/openid-configuration.

use actix_web::{HttpResponse, web};
use registry_entra::DevelopmentIssuer;

use crate::handlers::Answer;

/// Show the issuer's discovery document.
#[utoipa::path(
    get, path = "/dev/.well-known/openid-configuration", operation_id = "show_discovery",
    tag = "development",
    responses((status = 200, description = "The document", body = Object, example = json!({
        "issuer": "http://127.0.0.1:8000/dev", "jwks_uri": "http://127.0.0.1:8000/dev/keys",
    }))),
)]
pub(crate) async fn handle(issuer: web::Data<DevelopmentIssuer>) -> Answer {
    Ok(HttpResponse::Ok().json(issuer.discovery_json()))
}
