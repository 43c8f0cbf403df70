//! Refusals, to clients as OAuth's JSON (RFC 6749 §5.2), to people as a page. The status comes from
//! the edge's vocabulary, as every other status does.

use actix_web::http::header;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpResponse, HttpResponseBuilder};
use registry_http_edge::Code;
use registry_oauth_server::{ErrorCode, OAuthError};
use serde_json::json;

use super::page;

/// The refusal of a program. One that showed HTTP Basic credentials is told of that scheme.
pub(super) fn to_client(error: &OAuthError, used_basic: bool) -> HttpResponse {
    let code = code(error.code);
    log(error, code);
    let mut answer = HttpResponseBuilder::new(code.status());
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    if code == Code::AuthenticationRequired && used_basic {
        let challenge = HeaderValue::from_static(r#"Basic realm="mcp-registry""#);
        answer.insert_header((header::WWW_AUTHENTICATE, challenge));
    }
    if code == Code::DatabaseUnavailable {
        answer.insert_header((header::RETRY_AFTER, "1"));
    }
    answer.json(json!({
        "error": error.code.as_str(),
        "error_description": error.description,
    }))
}

/// The refusal of a person's browser.
pub(super) fn to_person(error: &OAuthError) -> HttpResponse {
    let code = match code(error.code) {
        // It is not the browser that has to prove itself.
        Code::AuthenticationRequired => Code::BadRequest,
        code => code,
    };
    log(error, code);
    page::refusal(code.status(), &error.description)
}

const fn code(error: ErrorCode) -> Code {
    match error {
        ErrorCode::InvalidClient => Code::AuthenticationRequired,
        ErrorCode::AccessDenied => Code::InsufficientPermissions,
        ErrorCode::ServerError => Code::AuthenticationProviderError,
        ErrorCode::TemporarilyUnavailable => Code::DatabaseUnavailable,
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidGrant
        | ErrorCode::UnauthorizedClient
        | ErrorCode::UnsupportedGrantType
        | ErrorCode::UnsupportedResponseType
        | ErrorCode::InvalidScope
        | ErrorCode::InvalidTarget
        | ErrorCode::InvalidRedirectUri
        | ErrorCode::InvalidClientMetadata => Code::BadRequest,
    }
}

/// What clients do wrong is told at DEBUG by its class; what we cannot do, with its cause.
fn log(error: &OAuthError, code: Code) {
    let class = error.code.as_str();
    if code.status().is_server_error() {
        tracing::warn!(class, cause = error.cause(), "an OAuth request could not be served");
    } else {
        tracing::debug!(class, "an OAuth request was refused");
    }
}
