//! POST /oauth/logout: the end of a session.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use registry_domain::use_cases::sign_out;
use registry_http_edge::session::{self, Cookie};
use registry_http_edge::{Edge, Problem, guard};

/// End the session that the cookie names.
///
/// The person's other sessions go on, and so does whatever they are signed in to elsewhere.
#[utoipa::path(
    post, path = "/oauth/logout", operation_id = "sign_out", tag = "sign-in",
    extensions(("x-error-codes" = json!([
        "CROSS_SITE_REQUEST", "RATE_LIMIT_EXCEEDED", "AUTH_NOT_CONFIGURED", "DATABASE_UNAVAILABLE",
    ]))),
    responses((status = 204, description = "There is no such session any more")),
)]
pub(crate) async fn end(request: HttpRequest) -> Result<HttpResponse, Problem> {
    guard::count_stranger(Edge::of(&request)?, &request).await?;
    let (ports, sessions) = super::configured(&request)?;
    session::check_site(sessions.as_ref(), &request)?;
    let cookies = sessions.cookies();
    if let Some(id) = cookies.find(&request, Cookie::Session) {
        sign_out(ports, &id).await?;
    }
    Ok(HttpResponse::NoContent()
        .insert_header((header::SET_COOKIE, cookies.clear(Cookie::Session)))
        .finish())
}
