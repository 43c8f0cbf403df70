//! The gateway as OAuth authorization server: queries, forms and cookies in, documents, pages and
//! redirects out. What they mean is `adapters/oauth-server`'s to say.

pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod consent;
pub(crate) mod metadata;
pub(super) mod page;
mod refusal;
pub(crate) mod register;
mod step;
pub(crate) mod style;
pub(crate) mod token;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use registry_http_edge::{Edge, Problem, body, guard, not_found};
use registry_oauth_server::OAuthServer;

/// The longest body of a client or a browser, in bytes.
const LONGEST_BODY: usize = 64 << 10;

/// The server, where it is switched on; every request to it counts against its sender's address, as
/// nobody has a token yet.
async fn open(request: &HttpRequest) -> Result<web::Data<OAuthServer>, Problem> {
    let server = request.app_data::<web::Data<OAuthServer>>().cloned().ok_or_else(not_found)?;
    guard::count_stranger(Edge::of(request)?, request).await?;
    Ok(server)
}

/// A form's bytes.
pub(super) async fn form(request: &HttpRequest, payload: web::Payload) -> Result<Bytes, Problem> {
    let within = Edge::of(request)?.settings.body_timeout;
    body::read_form(request.headers(), payload.into_inner(), LONGEST_BODY, within).await
}

/// The cookies, where there is one header of them.
fn cookies(request: &HttpRequest) -> Option<&str> {
    text(request, &header::COOKIE)
}

/// The credentials of a client.
fn authorization(request: &HttpRequest) -> Option<&str> {
    text(request, &header::AUTHORIZATION)
}

fn text<'a>(request: &'a HttpRequest, name: &header::HeaderName) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
