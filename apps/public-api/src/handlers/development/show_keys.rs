//! GET /dev/keys: the public keys that verify its tokens.

use actix_web::{HttpResponse, web};
use registry_entra::DevelopmentIssuer;

use crate::handlers::Answer;

/// Show the keys that verify the issuer's tokens.
#[utoipa::path(
    get, path = "/dev/keys", operation_id = "show_keys", tag = "development",
    responses((status = 200, description = "The keys (RFC 7517)", body = Object,
               example = json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256"}]}))),
)]
pub(crate) async fn handle(issuer: web::Data<DevelopmentIssuer>) -> Answer {
    Ok(HttpResponse::Ok().json(issuer.jwks_json()))
}
