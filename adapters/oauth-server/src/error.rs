//! What a client or a browser is refused with: OAuth's own error codes.

use std::borrow::Cow;

use registry_domain::ports::{PortError, SignInFailure, Source};

/// An error code of OAuth (RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request is not one.
    InvalidRequest,
    /// The client is not known, or did not prove that it is the one.
    InvalidClient,
    /// The code or refresh token is none (any more), or another's.
    InvalidGrant,
    /// The client may not ask in this way.
    UnauthorizedClient,
    /// The way of asking is none of ours.
    UnsupportedGrantType,
    /// The kind of response is none of ours.
    UnsupportedResponseType,
    /// A scope is none of ours.
    InvalidScope,
    /// The resource is none of ours.
    InvalidTarget,
    /// A redirect address breaks the rules.
    InvalidRedirectUri,
    /// A member of a client's metadata breaks the rules.
    InvalidClientMetadata,
    /// The person, or the identity provider, said no.
    AccessDenied,
    /// The identity provider answered what we cannot use.
    ServerError,
    /// We cannot do it right now.
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The code as OAuth spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// A refusal.
#[derive(Debug, thiserror::Error)]
#[error("{}: {description}", .code.as_str())]
pub struct OAuthError {
    /// The code.
    pub code: ErrorCode,
    /// What is wrong, for people. No secret stands in it.
    pub description: Cow<'static, str>,
    /// The cause, for the log.
    pub source: Option<Source>,
}

impl OAuthError {
    /// A refusal in words for people.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into(), source: None }
    }

    /// The cause and its causes in one line, for the log.
    pub fn cause(&self) -> String {
        let mut line = String::new();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }

    pub(crate) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub(crate) fn invalid_grant(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidGrant, description)
    }

    pub(crate) fn invalid_client(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidClient, description)
    }

    /// Cryptography that fails is a machine without random numbers, or a bug: nothing goes on.
    pub(crate) fn broken(description: &'static str) -> Self {
        Self::new(ErrorCode::ServerError, description)
    }
}

impl From<PortError> for OAuthError {
    fn from(error: PortError) -> Self {
        Self {
            code: ErrorCode::TemporarilyUnavailable,
            description: "the gateway's store cannot be used right now; try again later".into(),
            source: Some(Box::new(error)),
        }
    }
}

impl From<SignInFailure> for OAuthError {
    fn from(failure: SignInFailure) -> Self {
        let (code, description) = match &failure {
            SignInFailure::Refused { .. } => {
                (ErrorCode::AccessDenied, "the identity provider refused the sign-in")
            }
            SignInFailure::Invalid { .. } => {
                (ErrorCode::ServerError, "the identity provider's answer does not hold")
            }
            SignInFailure::Unavailable { .. } => (
                ErrorCode::TemporarilyUnavailable,
                "the identity provider cannot be asked right now; try again later",
            ),
        };
        Self { code, description: description.into(), source: Some(Box::new(failure)) }
    }
}
