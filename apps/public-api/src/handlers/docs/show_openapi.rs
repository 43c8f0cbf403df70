//! GET /openapi.json: the OpenAPI document.

use actix_web::web;
use registry_http_edge::Visitor;

use crate::handlers::Answer;
use crate::pages::{Pages, answer};

pub(crate) async fn handle(pages: web::Data<Pages>, _visitor: Visitor) -> Answer {
    Ok(answer("application/json").body(pages.document().to_owned()))
}
