//! GET /dev/.well-known/openid-configuration.

use actix_web::{HttpResponse, web};
use registry_entra::DevelopmentIssuer;

use crate::handlers::Answer;

pub(crate) async fn handle(issuer: web::Data<DevelopmentIssuer>) -> Answer {
    Ok(HttpResponse::Ok().json(issuer.discovery_json()))
}
