//! What a client is answered: a status, and a body that is whole or arrives part by part.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use mcp_wire::WireError;
use registry_domain::ports::UpstreamFailure;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`.
    Json,
    /// `text/event-stream`.
    EventStream,
    /// No body.
    None,
}

/// A body that arrives part by part. Dropping it gives up the exchange.
pub type AnswerStream = Pin<Box<dyn Stream<Item = Result<Bytes, UpstreamFailure>> + Send>>;

/// An answer's body.
pub enum AnswerBody {
    /// All of it.
    Whole(Bytes),
    /// Part by part.
    Parts(AnswerStream),
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(out, "Whole({} bytes)", bytes.len()),
            Self::Parts(_) => out.write_str("Parts(…)"),
        }
    }
}

/// What a client is answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub content_type: ContentType,
    /// The body.
    pub body: AnswerBody,
}

impl Answer {
    /// A JSON document.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: ContentType::Json, body: AnswerBody::Whole(body.into()) }
    }

    /// A JSON-RPC error, under the status that goes with it.
    pub(crate) fn refused(error: &WireError, id_json: &str) -> Self {
        Self::json(error.http_status, error.to_json(id_json))
    }

    /// `202 Accepted`: a notification or a response was taken.
    pub fn accepted() -> Self {
        Self { status: 202, content_type: ContentType::None, body: AnswerBody::Whole(Bytes::new()) }
    }
}
