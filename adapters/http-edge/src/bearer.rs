//! Bearer tokens: from the `Authorization` header to a verified token, or a 401.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use registry_domain::ports::{RefusalClass, TokenVerifier, Verification, VerifiedToken};

use crate::challenge::Challenge;
use crate::code::Code;
use crate::edge::Edge;
use crate::problem::Problem;

/// How long to wait for the identity provider's keys to come back.
const KEYS_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The token of `Authorization: Bearer …`, or the API key in its header; `None` without either.
///
/// # Errors
/// 401 when the header is there, but carries no bearer token, or when there is an API key too: who
/// is it? 400 when it is there twice.
pub fn token_of(request: &HttpRequest) -> Result<Option<&str>, Problem> {
    let key = Edge::of(request).ok().and_then(|edge| edge.settings.api_key_header.as_ref());
    let key = key.and_then(|name| request.headers().get(name));
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = match (values.next(), key) {
        (None, None) => return Ok(None),
        // What is no visible ASCII is no key; the verifier says so.
        (None, Some(key)) => return Ok(Some(key.to_str().unwrap_or_default())),
        (Some(_), Some(_)) => return Err(no_token("Send a bearer token or an API key, not both")),
        (Some(value), None) => value,
    };
    if values.next().is_some() {
        // Whoever stands between us and the client may have judged the other one (RFC 6750 §3.1).
        return Err(Problem::new(Code::BadRequest, "There is more than one Authorization header"));
    }
    // What is no visible ASCII is no token either; the verifier says so.
    let token = std::str::from_utf8(value.as_bytes()).ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    match token {
        Some(token) => Ok(Some(token)),
        None => Err(no_token("The Authorization header carries no bearer token")),
    }
}

/// The answer to a caller who shows no token where one is needed.
pub fn required() -> Problem {
    no_token("Authentication required: send a bearer token")
}

fn no_token(detail: &'static str) -> Problem {
    Problem::new(Code::AuthenticationRequired, detail).challenging(Challenge::NoToken)
}

/// Judges a token. Why one was refused is told to the log only: each answer tells a forger less.
///
/// # Errors
/// 401 when it is refused, 503 when the keys to judge it by cannot be had.
pub async fn verify(
    verifier: &dyn TokenVerifier,
    token: &str,
) -> Result<Arc<VerifiedToken>, Problem> {
    match verifier.verify(token).await {
        Verification::Verified(token) => Ok(token),
        Verification::Refused(class) => {
            tracing::debug!(class = class.as_str(), "bearer token refused");
            Err(refused(class))
        }
        Verification::KeysUnavailable => Err(Problem::new(
            Code::AuthNotConfigured,
            "Tokens cannot be checked right now; try again later",
        )
        .retry_after(KEYS_RETRY_AFTER)),
    }
}

/// The answer to a caller whose person granted less than it takes.
pub(crate) fn granted_too_little() -> Problem {
    Problem::new(
        Code::InsufficientPermissions,
        "The token was not granted the scope that this takes: ask for it anew",
    )
    .challenging(Challenge::InsufficientScope)
}

pub(crate) fn refused(class: RefusalClass) -> Problem {
    let problem = match class {
        RefusalClass::Expired => Problem::new(Code::TokenExpired, "The token has expired"),
        RefusalClass::Malformed
        | RefusalClass::UnknownKey
        | RefusalClass::BadSignature
        | RefusalClass::WrongIssuer
        | RefusalClass::WrongAudience
        | RefusalClass::NotYetValid
        | RefusalClass::Revoked
        | RefusalClass::MissingClaim
        | RefusalClass::WrongNonce => {
            Problem::new(Code::InvalidToken, "Invalid authentication credentials")
        }
    };
    problem.challenging(Challenge::BadToken)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn token(value: &str) -> Result<Option<String>, Code> {
        let request =
            TestRequest::default().insert_header((header::AUTHORIZATION, value)).to_http_request();
        token_of(&request).map(|token| token.map(str::to_owned)).map_err(|problem| problem.code())
    }

    #[test]
    fn only_a_bearer_token_is_one() {
        assert_eq!(token("Bearer abc"), Ok(Some("abc".into())));
        assert_eq!(token("bearer  abc"), Ok(Some("abc".into())));
        for bad in ["Basic abc", "Bearer", "Bearer ", "abc"] {
            assert_eq!(token(bad), Err(Code::AuthenticationRequired), "{bad}");
        }
    }

    #[test]
    fn two_headers_are_none() {
        let request = TestRequest::default()
            .append_header((header::AUTHORIZATION, "Bearer one"))
            .append_header((header::AUTHORIZATION, "Bearer two"))
            .to_http_request();
        assert_eq!(token_of(&request).map_err(|problem| problem.code()), Err(Code::BadRequest));
    }

    #[test]
    fn an_expired_token_is_told_apart_so_that_clients_renew_it() {
        assert_eq!(refused(RefusalClass::Expired).code(), Code::TokenExpired);
        assert_eq!(refused(RefusalClass::BadSignature).code(), Code::InvalidToken);
    }
}
