//! GET /redoc/style.css: how the page to read looks.

use registry_http_edge::Visitor;

use crate::handlers::Answer;
use crate::pages::{Pages, answer};

pub(crate) async fn handle(_visitor: Visitor) -> Answer {
    Ok(answer("text/css; charset=utf-8").body(Pages::reading_style()))
}
