//! Sending a browser on.

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use registry_oauth_server::Step;

/// After a GET.
pub(super) fn found(step: &Step) -> HttpResponse {
    on(HttpResponse::Found(), step)
}

/// After a form: what follows is a GET, whatever the browser.
pub(super) fn see_other(step: &Step) -> HttpResponse {
    on(HttpResponse::SeeOther(), step)
}

fn on(mut answer: HttpResponseBuilder, step: &Step) -> HttpResponse {
    answer
        .insert_header((header::LOCATION, step.to.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    if let Some(cookie) = &step.cookie {
        answer.insert_header((header::SET_COOKIE, cookie.as_str()));
    }
    answer.finish()
}
