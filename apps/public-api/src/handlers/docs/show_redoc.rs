//! GET /redoc: the document as a page to read.

use actix_web::web;
use registry_http_edge::Visitor;

use crate::handlers::Answer;
use crate::pages::{Pages, answer};

pub(crate) async fn handle(pages: web::Data<Pages>, _visitor: Visitor) -> Answer {
    Ok(answer("text/html; charset=utf-8").body(pages.reading().to_owned()))
}
