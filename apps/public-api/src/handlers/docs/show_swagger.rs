//! GET /docs: Swagger UI, to try the API.

use actix_web::web;
use registry_http_edge::{Visitor, not_found};

use crate::handlers::Answer;
use crate::pages::{Pages, answer};

pub(crate) async fn handle(pages: web::Data<Pages>, _visitor: Visitor) -> Answer {
    let page = pages.swagger().ok_or_else(not_found)?;
    Ok(answer("text/html; charset=utf-8").body(page))
}
