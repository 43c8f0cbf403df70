//! GET /oauth/style.css: how the pages look, in a file of its own, so that they need no inline style.

use actix_web::http::header;
use actix_web::{HttpResponse, Responder};

const STYLE: &str = "\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
main { max-width: 34rem; margin: 10vh auto; padding: 0 1.5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem }
dt { opacity: .7 } dd { margin: 0; overflow-wrap: anywhere; font-weight: 600 }
.warning { border-left: .25rem solid #c60; padding-left: 1rem }
form { display: flex; gap: 1rem; margin-top: 2rem }
button { font: inherit; padding: .5rem 1.5rem; border-radius: .4rem; border: 1px solid #888; cursor: pointer }
button[value=allow] { background: #0b5fa5; color: #fff; border-color: #0b5fa5 }
";

/// Answers it.
pub(crate) async fn style() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(STYLE)
}
