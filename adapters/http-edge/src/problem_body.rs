//! Writes a [`Problem`] into a response: body, headers, and one log line for its cause.

use std::error::Error as StdError;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::problem::{FieldError, Manner, Parts, Problem, ProxiedCall};
use crate::wire_time::WireTime;

/// The media type of problems (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What the edge knows about the request that went wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occurrence<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) path: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) resources_at: Option<&'a str>,
}

/// What went wrong (RFC 9457), with the members that the Python backends had.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// A name for the kind of problem; not an address to visit.
    r#type: String,
    /// What the kind of problem means, in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What went wrong this time, for people.
    detail: &'a str,
    /// The path that was asked.
    instance: &'a str,
    /// The code, for programs: this and `details` are what to act on.
    error: &'static str,
    /// The same as `detail`.
    message: &'a str,
    /// Facts for programs; what they are depends on the code.
    #[schema(value_type = Option<Object>)]
    details: &'a Value,
    /// The fields that are to blame, where fields are.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// The request's id, as in `X-Request-ID`; the log knows it too.
    request_id: &'a str,
    /// When it was answered.
    timestamp: WireTime,
}

/// Turns a response into the problem's; headers that are there already (CORS) stay.
pub(crate) fn write(
    problem: &Problem,
    occurrence: Occurrence<'_>,
    mut headers: HeaderMap,
) -> HttpResponse<BoxBody> {
    let parts = problem.parts();
    log_cause(parts, occurrence);
    let status = parts.code.status();
    let (media_type, bytes) = match &parts.manner {
        Manner::Document => (PROBLEM_JSON, problem_body(parts, occurrence)),
        Manner::JsonRpc => ("application/json", json_rpc_body(parts, occurrence)),
        Manner::Proxied(call) => (PROBLEM_JSON, proxied_body(parts, occurrence, call)),
    };

    for (name, value) in &parts.headers {
        headers.insert(name.clone(), value.clone());
    }
    if let Some(challenge) = parts.challenge {
        headers.insert(
            header::WWW_AUTHENTICATE,
            challenge.header(occurrence.resources_at, occurrence.path),
        );
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut response = HttpResponse::with_body(status, BoxBody::new(bytes));
    *response.headers_mut() = headers;
    response
}

/// The request was refused before its JSON-RPC id was read, so the id is null (JSON-RPC 2.0 §5.1).
fn json_rpc_body(parts: &Parts, occurrence: Occurrence<'_>) -> Vec<u8> {
    let body = json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": {
            "code": parts.code.json_rpc(),
            "message": parts.detail,
            "data": {
                "error": parts.code.as_str(),
                "details": parts.details,
                "request_id": occurrence.request_id,
            },
        },
    });
    body.to_string().into_bytes()
}

/// A problem document that is a proxied call's response too. Both have a member `error`: it is the
/// JSON-RPC one, with the problem's code in its `data.error`, and beside it in `code`.
fn proxied_body(parts: &Parts, occurrence: Occurrence<'_>, call: &ProxiedCall) -> Vec<u8> {
    let document = problem_body(parts, occurrence);
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&document) else {
        return document;
    };
    let error = json!({
        "code": parts.code.json_rpc(),
        "message": parts.detail,
        "data": { "error": parts.code.as_str(), "reason": parts.code.as_str() },
    });
    for (name, value) in [
        ("jsonrpc", json!("2.0")),
        ("error", error),
        ("code", json!(parts.code.as_str())),
        ("server_id", json!(call.server)),
        ("response_time_ms", json!(call.took_ms)),
        ("success", json!(false)),
    ] {
        members.insert(name.to_owned(), value);
    }
    // The id goes in as it was spelled: a large number stays exact.
    let rest = Value::Object(members).to_string();
    let rest = rest.strip_prefix('{').unwrap_or_default();
    format!(r#"{{"id":{},{rest}"#, call.id_json).into_bytes()
}

fn problem_body(parts: &Parts, occurrence: Occurrence<'_>) -> Vec<u8> {
    let status = parts.code.status();
    let body = ProblemBody {
        r#type: parts.code.type_uri(),
        title: parts.code.title(),
        status: status.as_u16(),
        detail: &parts.detail,
        instance: occurrence.path,
        error: parts.code.as_str(),
        message: &parts.detail,
        details: &parts.details,
        errors: &parts.errors,
        request_id: occurrence.request_id,
        timestamp: WireTime(occurrence.at),
    };
    // Strings, numbers and JSON values always serialise; an empty body beats a panic all the same.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// A failure is logged here and nowhere else, with everything that led to it.
fn log_cause(parts: &Parts, occurrence: Occurrence<'_>) {
    let Some(cause) = &parts.cause else { return };
    let (code, request_id) = (parts.code.as_str(), occurrence.request_id);
    let cause = chain(cause.as_ref());
    if parts.code.status().as_u16() == 500 {
        tracing::error!(code, request_id, cause, "request failed");
    } else {
        tracing::warn!(code, request_id, cause, "request could not be served");
    }
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use registry_domain::Error;
    use registry_domain::ports::{Outcome, PortError};

    use super::*;

    #[test]
    fn a_cause_is_told_to_the_log_with_all_its_sources() {
        let error = Error::Unavailable {
            retry_after: Duration::from_secs(1),
            source: PortError::Unavailable {
                retry_after: Duration::from_secs(1),
                outcome: Outcome::NotApplied,
                source: "connection refused".into(),
            },
        };
        assert_eq!(
            chain(&error),
            "temporarily unavailable: the store is unavailable: connection refused"
        );
    }
}
