//! What went wrong, as a class of the domain. Classes come from error types, never from their text,
//! and the words are ours: what an upstream says is not repeated.

use std::error::Error;

use hyper_util::client::legacy::Error as ClientError;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;

/// Why no connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectFault {
    /// The name has no address.
    #[error("the name does not resolve")]
    Unresolved,
    /// There is an address, but none that may be called.
    #[error("the address is loopback, private, link-local or a metadata service")]
    Forbidden,
    /// Nobody accepts connections there.
    #[error("nothing accepts connections at the address")]
    Refused,
    /// It took too long.
    #[error("the connection took too long")]
    TooSlow,
    /// There is a connection, but no TLS on it that we trust.
    #[error("the TLS handshake failed")]
    Tls,
}

impl ConnectFault {
    const fn class(self) -> FaultClass {
        match self {
            Self::Unresolved | Self::Forbidden => FaultClass::AddressForbidden,
            Self::Refused => FaultClass::Unreachable,
            Self::TooSlow => FaultClass::Timeout,
            Self::Tls => FaultClass::TlsFailed,
        }
    }

    /// The failure of a request that had no connection to leave by.
    pub(crate) fn into_failure(self) -> UpstreamFailure {
        failure(self.class(), self.to_string(), false)
    }
}

/// A failure in our words.
pub(crate) fn failure(
    class: FaultClass,
    detail: impl Into<String>,
    request_sent: bool,
) -> UpstreamFailure {
    UpstreamFailure { class, detail: detail.into(), request_sent }
}

/// The failure of an answer: it came, so the request was sent.
pub(crate) fn of_answer(class: FaultClass, detail: impl Into<String>) -> UpstreamFailure {
    failure(class, detail, true)
}

/// Why an exchange brought no answer's head.
pub(crate) fn of_exchange(error: &ClientError, request_sent: bool) -> UpstreamFailure {
    let source = error.source();
    if let Some(fault) = source.and_then(|source| source.downcast_ref::<ConnectFault>()) {
        return fault.into_failure();
    }
    match source.and_then(|source| source.downcast_ref::<hyper::Error>()) {
        Some(cause) if cause.is_parse() => {
            failure(FaultClass::NotMcp, "the answer is not HTTP/1.1", request_sent)
        }
        _ => failure(
            FaultClass::Unreachable,
            "the connection broke before an answer came",
            request_sent,
        ),
    }
}

/// Why an answer's body ended before its end.
pub(crate) fn of_body(error: &hyper::Error) -> UpstreamFailure {
    if error.is_parse() {
        of_answer(FaultClass::NotMcp, "the answer's body is not HTTP/1.1")
    } else {
        of_answer(FaultClass::Unreachable, "the connection broke in the middle of the answer")
    }
}

/// The failure of an answer that came too slowly.
pub(crate) fn too_slow(request_sent: bool) -> UpstreamFailure {
    failure(FaultClass::Timeout, "the upstream took too long to answer", request_sent)
}
