//! What a client is answered: a status, and a body that is whole or arrives part by part.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use mcp_wire::WireError;
use mcp_wire::sse::write_frame;
use registry_domain::id::ServerId;
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
    /// The server that was asked, where one was chosen for the client.
    pub server: Option<ServerId>,
    /// Why the answer is ours instead of the server's, where it is a refusal.
    pub refusal: Option<Box<WireError>>,
    /// After how long to try again, where that is known.
    pub retry_after: Option<Duration>,
    /// The session that begins with it.
    pub session: Option<String>,
}

impl Answer {
    /// A JSON document.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of(status, ContentType::Json, AnswerBody::Whole(body.into()))
    }

    /// A JSON-RPC error, under the status that goes with it.
    pub(crate) fn refused(error: &WireError, id_json: &str) -> Self {
        Self {
            refusal: Some(Box::new(error.clone())),
            ..Self::json(error.http_status, error.to_json(id_json))
        }
    }

    /// An answer that says nothing beside its body.
    pub(crate) fn of(status: u16, content_type: ContentType, body: AnswerBody) -> Self {
        Self {
            status,
            content_type,
            body,
            server: None,
            refusal: None,
            retry_after: None,
            session: None,
        }
    }

    /// `204 No Content`: what was asked for is done.
    pub(crate) fn done() -> Self {
        Self::of(204, ContentType::None, AnswerBody::Whole(Bytes::new()))
    }

    /// `202 Accepted`: a notification or a response was taken.
    pub fn accepted() -> Self {
        Self::of(202, ContentType::None, AnswerBody::Whole(Bytes::new()))
    }
}

/// A JSON-RPC message as an event of a stream.
pub(crate) fn framed(data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 24);
    write_frame(&mut out, Some("message"), data);
    out.freeze()
}
