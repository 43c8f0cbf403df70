//! Errors at the edge: the one place that knows how a [`domain::Error`](registry_domain::Error)
//! looks over HTTP, and the problems that the edge itself makes.
//!
//! A handler answers `Result<_, Problem>`. The middleware of [`crate::request_context`] writes the
//! body, because only it knows the request; it also logs the cause, once.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use registry_domain::Error;
use registry_domain::caller::Denied;
use registry_domain::error::Subject;
use registry_domain::field::{Step, Violation};
use registry_domain::id::ServerId;
use registry_domain::rate::Limit;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::challenge::Challenge;
use crate::code::Code;

/// Where a field that broke a rule was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the JSON body.
    Body,
    /// In the query string.
    Query,
    /// In the path.
    Path,
}

impl Place {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Query => "query",
            Self::Path => "path",
        }
    }
}

/// A field that broke a rule: one entry of `errors`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// Where it is: `body`, `query` or `path`, then members' names and positions.
    #[schema(value_type = Vec<Value>, example = json!(["body", "owner_contact"]))]
    loc: Vec<Step>,
    /// What the rule asks, for people.
    #[schema(example = "is required")]
    msg: String,
    /// The rule's name, for programs.
    #[schema(example = "missing")]
    r#type: &'static str,
}

/// A problem as a part of a larger answer.
#[derive(Debug, Serialize)]
pub struct Brief<'a> {
    error: &'static str,
    message: &'a str,
    details: &'a Value,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

/// What went wrong, ready to be told to the caller.
pub struct Problem(Box<Parts>);

pub(crate) struct Parts {
    pub(crate) code: Code,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) details: Value,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) cause: Option<Box<dyn StdError + Send + Sync>>,
    pub(crate) manner: Manner,
}

/// In which shape a problem is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Manner {
    /// As a problem document.
    Document,
    /// As a JSON-RPC error.
    JsonRpc,
    /// As both: a proxied call's response whose `error` is the JSON-RPC error.
    Proxied(ProxiedCall),
}

/// The call that a proxied response belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxiedCall {
    /// Its JSON-RPC id, as JSON.
    pub id_json: String,
    /// The server that was asked, if any.
    pub server: Option<ServerId>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

impl Problem {
    /// A problem of a kind, in words for the caller.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            details: Value::Null,
            errors: Vec::new(),
            headers: Vec::new(),
            challenge: None,
            cause: None,
            manner: Manner::Document,
        }))
    }

    /// Something that is our fault; what it was is for the log alone.
    pub fn internal() -> Self {
        Self::new(Code::InternalError, "Something went wrong on our side")
    }

    /// Fields broke their rules.
    pub fn invalid(place: Place, violations: Vec<Violation>) -> Self {
        let detail = match violations.as_slice() {
            [] => "a field breaks its rule".to_owned(),
            [only] => only.to_string(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        };
        Self::new(Code::ValidationError, detail).naming(place, violations)
    }

    /// The same problem, naming the fields that it is about.
    #[must_use]
    pub fn naming(mut self, place: Place, violations: Vec<Violation>) -> Self {
        self.0.errors = violations
            .into_iter()
            .map(|violation| {
                let mut loc = vec![Step::Member(Cow::Borrowed(place.as_str()))];
                loc.extend(violation.path);
                FieldError { loc, msg: violation.message, r#type: violation.rule }
            })
            .collect();
        self
    }

    /// The same problem, with facts for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.0.details = details;
        self
    }

    /// The same problem, with a challenge to authenticate.
    #[must_use]
    pub fn challenging(mut self, challenge: Challenge) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// The same problem, with a time after which to try again.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(whole_seconds(after)))
    }

    /// The same problem, with its cause for the log; the caller is not told.
    #[must_use]
    pub fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Box::new(cause));
        self
    }

    /// The same problem, with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Too many requests: which limit, how much it is, and when to come again.
    pub fn rate_limited(kind: &'static str, limit: Limit, after: Duration) -> Self {
        let seconds = whole_seconds(after);
        let detail = format!("rate limit exceeded, try again in {seconds} s");
        let problem = Self::new(Code::RateLimitExceeded, detail)
            .with_details(json!({
                "limit_type": kind,
                "limit": limit.per_minute,
                "window_seconds": 60,
                "retry_after": seconds,
            }))
            .retry_after(after);
        let headers = limit_headers(limit, 0, after).into_iter();
        headers.fold(problem, |problem, (name, value)| problem.with_header(name, value))
    }

    /// The same problem as an MCP endpoint tells it: a JSON-RPC error under the same status, with
    /// the same code in `data.error`.
    #[must_use]
    pub fn over_json_rpc(mut self) -> Self {
        self.0.manner = Manner::JsonRpc;
        self
    }

    /// The same problem as the response of a proxied call.
    #[must_use]
    pub fn of_proxied(mut self, call: ProxiedCall) -> Self {
        self.0.manner = Manner::Proxied(call);
        self
    }

    /// The same problem of one item of a list in the body: `details.index` says which, and so does
    /// the place of each field.
    #[must_use]
    pub fn of_item(mut self, list: &'static str, index: usize) -> Self {
        for error in &mut self.0.errors {
            let steps = [Step::Member(Cow::Borrowed(list)), Step::Position(index)];
            let after_place = error.loc.len().min(1);
            error.loc.splice(after_place..after_place, steps);
        }
        match &mut self.0.details {
            Value::Object(details) => {
                details.insert("index".to_owned(), index.into());
            }
            details => *details = json!({"index": index}),
        }
        self
    }

    /// The problem as a part of a larger answer.
    pub fn in_short(&self) -> Brief<'_> {
        Brief {
            error: self.0.code.as_str(),
            message: &self.0.detail,
            details: &self.0.details,
            errors: &self.0.errors,
        }
    }

    /// The stable name of what went wrong.
    pub fn code(&self) -> Code {
        self.0.code
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }
}

/// What answers say of a limit: how much it is, what is left of it, and when there is more.
pub(crate) fn limit_headers(
    limit: Limit,
    remaining: u32,
    more_after: Duration,
) -> [(HeaderName, HeaderValue); 3] {
    [
        (HeaderName::from_static("x-ratelimit-limit"), limit.per_minute.into()),
        (HeaderName::from_static("x-ratelimit-remaining"), remaining.into()),
        (HeaderName::from_static("x-ratelimit-reset"), whole_seconds(more_after).into()),
    ]
}

/// `Retry-After` counts whole seconds; zero would be an invitation to try at once.
pub(crate) fn whole_seconds(after: Duration) -> u64 {
    after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0)).max(1)
}

impl From<Error> for Problem {
    /// How each error of a use case looks over HTTP.
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(violations) => Self::invalid(Place::Body, violations),
            Error::Denied(denied) => refused(denied),
            Error::NotFound(subject) => not_found(subject),
            Error::UrlTaken { holder } => {
                let message = "Registration with this endpoint URL already exists";
                let taken = Self::new(Code::EndpointUrlConflict, message);
                match holder {
                    Some((existing, status)) => taken.with_details(json!({
                        "existing_registration_id": existing,
                        "status": status.as_str(),
                    })),
                    None => taken,
                }
            }
            Error::NameTaken { what, wanted, holder } => Self::new(
                Code::ServerNameConflict,
                format!("Another server has the {what} \"{wanted}\""),
            )
            .with_details(match holder {
                Some(holder) => {
                    json!({"field": what, "wanted": wanted, "existing_server_id": holder})
                }
                None => json!({"field": what, "wanted": wanted}),
            }),
            Error::SlugTaken { wanted, holder } => Self::new(
                Code::InvalidStateTransition,
                format!("Another collection has the slug \"{wanted}\""),
            )
            .with_details(json!({"reason": "exists", "existing_collection_id": holder})),
            Error::TooLarge { most_bytes } => Self::new(
                Code::PayloadTooLarge,
                format!("A file may have at most {most_bytes} bytes"),
            ),
            Error::UnsupportedType(why) => Self::new(Code::UnsupportedMediaType, why),
            Error::Full { what, most } => Self::new(
                Code::InvalidStateTransition,
                format!("There are {most} {what} already, as many as may be: delete one first"),
            )
            .with_details(json!({"reason": "full", "limit": most})),
            Error::LinkTaken { existing } => Self::new(
                Code::InvalidStateTransition,
                "The registration links to this address already",
            )
            .with_details(json!({"reason": "exists", "existing_link_id": existing})),
            Error::IllegalTransition(refused) => {
                Self::new(Code::InvalidStateTransition, refused.to_string()).with_details(
                    json!({"status": refused.from.as_str(), "wanted": refused.wanted}),
                )
            }
            Error::Stale { what } => Self::new(Code::InvalidStateTransition, what)
                .with_details(json!({"reason": "stale"})),
            Error::UnknownState => Self::new(
                Code::InvalidState,
                "This sign-in was not begun here, took too long, or is finished: begin again at /oauth/login",
            ),
            Error::SignInRefused { ref code } => {
                let details = json!({"error": code});
                Self::new(Code::SignInRefused, "The identity provider refused this sign-in")
                    .with_details(details)
            }
            Error::Provider(_) => Self::new(
                Code::AuthenticationProviderError,
                "The identity provider failed; try again later",
            )
            .caused_by(error),
            Error::Grant(fault) => Self::new(
                Code::UpstreamSignInFailed,
                format!("The server cannot be connected: {fault}"),
            ),
            Error::Unavailable { retry_after, .. } => Self::new(
                Code::DatabaseUnavailable,
                "The registry's store cannot be used right now; try again later",
            )
            .retry_after(retry_after)
            .caused_by(error),
            Error::Internal(_) => Self::internal().caused_by(error),
        }
    }
}

fn refused(denied: Denied) -> Problem {
    let code = match denied {
        Denied::NotAdmin
        | Denied::NotSubmitter
        | Denied::OwnSubmission
        | Denied::NoUser
        | Denied::NoApiKeys
        | Denied::NotOwner => Code::InsufficientPermissions,
        Denied::SignInRequired => Code::AuthenticationRequired,
        Denied::TenantDenied => Code::TenantAccessDenied,
        Denied::ApprovalRequired => Code::ApprovalRequired,
        Denied::ReadOnly => Code::ReadOnly,
    };
    let problem = Problem::new(code, denied.message());
    if denied == Denied::SignInRequired { problem.challenging(Challenge::NoToken) } else { problem }
}

fn not_found(subject: Subject) -> Problem {
    match subject {
        Subject::Registration(id) => {
            Problem::new(Code::RegistrationNotFound, "Registration not found")
                .with_details(json!({"registration_id": id}))
        }
        Subject::RegistrationByUrl => {
            Problem::new(Code::RegistrationNotFound, "Registration not found")
        }
        Subject::ApiKey(id) => {
            Problem::new(Code::NotFound, "API key not found").with_details(json!({"key_id": id}))
        }
        Subject::Collection(id) => Problem::new(Code::NotFound, "Collection not found")
            .with_details(json!({"collection_id": id})),
        Subject::User(id) => {
            Problem::new(Code::UserNotFound, "User not found").with_details(json!({"user_id": id}))
        }
        Subject::Document(id) => Problem::new(Code::DocumentNotFound, "Document not found")
            .with_details(json!({"document_id": id})),
        Subject::Link(id) => {
            Problem::new(Code::NotFound, "Link not found").with_details(json!({"link_id": id}))
        }
        Subject::Server(id) => Problem::new(Code::ServerNotFound, "Server not found")
            .with_details(json!({"server_id": id})),
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Problem")
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// Only the status: [`crate::request_context`] writes the rest.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
