//! GET /openapi.json: the OpenAPI document of this port.

use actix_web::http::header;
use actix_web::{HttpResponse, Responder};

use crate::openapi;

/// Answers the document.
pub(crate) async fn show() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(openapi::served())
}
