//! GET /oauth/login: to where people sign in.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use registry_domain::Error;
use registry_domain::use_cases::{SignInBegun, begin_sign_in};
use registry_http_edge::query::{Parameters, ReadQuery, read_query};
use registry_http_edge::session::Cookie;
use registry_http_edge::{Edge, Place, Problem, guard};

/// Where the browser goes afterwards.
pub(crate) struct LoginQuery {
    return_to: Option<String>,
}

impl ReadQuery for LoginQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self { return_to: parameters.text("return_to", 2048) }
    }
}

/// Go to where people sign in.
///
/// With `return_to` the browser comes back there, with a cookie. Without it the callback answers
/// with the session's id, for tools.
#[utoipa::path(
    get, path = "/oauth/login", operation_id = "begin_sign_in", tag = "sign-in",
    params(("return_to" = Option<String>, Query,
        description = "A path of the gateway, or an address at an allowed origin", example = "/")),
    extensions(("x-error-codes" = json!([
        "RATE_LIMIT_EXCEEDED", "AUTH_NOT_CONFIGURED", "DATABASE_UNAVAILABLE", "AUTHENTICATION_PROVIDER_ERROR",
    ]))),
    responses((status = 302, description = "To the identity provider",
        headers(("Location" = String, description = "Its page")))),
)]
pub(crate) async fn begin(request: HttpRequest) -> Result<HttpResponse, Problem> {
    guard::count_stranger(Edge::of(&request)?, &request).await?;
    let query: LoginQuery = read_query(request.query_string())?;
    let (ports, sessions) = super::configured(&request)?;
    let begun = begin_sign_in(ports, query.return_to.as_deref()).await;
    let SignInBegun { address, proof } = begun.map_err(of_query)?;
    let mut answer = HttpResponse::Found();
    answer.insert_header((header::LOCATION, address));
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(proof) = proof {
        let cookie = sessions.cookies().set(Cookie::SignIn, &proof, ports.policy.state_ttl);
        answer.append_header((header::SET_COOKIE, cookie));
    }
    Ok(answer.finish())
}

/// Here fields are parameters.
fn of_query(error: Error) -> Problem {
    match error {
        Error::Invalid(violations) => Problem::invalid(Place::Query, violations),
        error => error.into(),
    }
}
