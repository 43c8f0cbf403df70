//! GET /oauth/callback: back from where people sign in.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use registry_domain::ports::Secret;
use registry_domain::use_cases::{SignInReturn, finish_sign_in};
use registry_http_edge::query::{Parameters, ReadQuery, read_query};
use registry_http_edge::session::Cookie;
use registry_http_edge::{Edge, Problem, guard};

use crate::wire::{SignedIn, UserContext};

/// What the identity provider sends a browser back with (RFC 6749 §4.1.2).
pub(crate) struct CallbackQuery {
    state: String,
    code: Option<String>,
    error: Option<String>,
}

impl ReadQuery for CallbackQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self {
            state: parameters.required_text("state", 256),
            code: parameters.text("code", 8192),
            error: parameters.text("error", 256),
        }
    }
}

/// Come back from where people sign in.
///
/// A browser goes on to where it wanted, with a cookie; a tool reads the session's id. Each state is
/// good once, and for the browser that it was given to.
#[utoipa::path(
    get, path = "/oauth/callback", operation_id = "finish_sign_in", tag = "sign-in",
    params(
        ("state" = String, Query, description = "As the identity provider got it", example = "Zm9v"),
        ("code" = Option<String>, Query, description = "What is redeemed for tokens"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
    ),
    extensions(("x-error-codes" = json!([
        "INVALID_STATE", "SIGN_IN_REFUSED", "RATE_LIMIT_EXCEEDED", "AUTH_NOT_CONFIGURED",
        "DATABASE_UNAVAILABLE", "AUTHENTICATION_PROVIDER_ERROR",
    ]))),
    responses(
        (status = 200, description = "A session, for a tool", body = SignedIn),
        (status = 302, description = "To where the browser wanted, with a cookie",
            headers(("Location" = String, description = "There"))),
    ),
)]
pub(crate) async fn finish(request: HttpRequest) -> Result<HttpResponse, Problem> {
    guard::count_stranger(Edge::of(&request)?, &request).await?;
    let query: CallbackQuery = read_query(request.query_string())?;
    let (ports, sessions) = super::configured(&request)?;
    let cookies = sessions.cookies();
    let back = SignInReturn {
        state: query.state,
        outcome: query
            .code
            .filter(|_| query.error.is_none())
            .map(Secret::new)
            .ok_or_else(|| query.error.unwrap_or_else(|| "invalid_request".to_owned())),
        proof: cookies.find(&request, Cookie::SignIn),
    };
    let signed_in = finish_sign_in(ports, back).await?;
    let Some(return_to) = &signed_in.return_to else {
        let user = UserContext::of(&signed_in.session.person, signed_in.is_admin);
        let body = SignedIn::new(&signed_in.id, signed_in.session.ends_at, user);
        return Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(body));
    };
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, return_to.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .append_header((
            header::SET_COOKIE,
            cookies.set(Cookie::Session, &signed_in.id, ports.policy.session_ttl),
        ))
        .append_header((header::SET_COOKIE, cookies.clear(Cookie::SignIn)))
        .finish())
}
