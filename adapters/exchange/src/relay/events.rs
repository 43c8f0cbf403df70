//! An event stream, event by event: notifications pass, the response is edited and ends it.
//!
//! Requests that an upstream makes of the client do not pass: we declared no capability that
//! would allow any. Event ids do not pass either, because we keep nothing to resume from.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use mcp_wire::reply::{ReplyEdit, edit_whole};
use mcp_wire::sse::{Frame, FrameSplitter, write_frame};
use mcp_wire::{Envelope, MessageKind, WireError, message};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplyBody, UpstreamFailure};

use crate::answer::{Answer, AnswerBody, ContentType};
use crate::call::{Request, Route, failed};
use crate::exchange::{Exchange, ExchangeSettings};
use crate::failure::HopFailure;
use crate::forward::Sent;
use crate::record::{Outcome, Pending};

/// How long an upstream may take to end its stream after the response, so that its connection
/// can be used again.
const END_WITHIN: Duration = Duration::from_millis(100);

/// What a call's failure looks like to its client; made before the call's borrows end.
struct FailureAnswer {
    id_json: String,
    is_tool_call: bool,
    era: mcp_wire::revision::Era,
    server: String,
    settings: Arc<ExchangeSettings>,
}

impl FailureAnswer {
    fn of(exchange: &Exchange, request: &Request<'_>, route: &Route<'_>) -> Self {
        Self {
            id_json: request.id_json.to_owned(),
            is_tool_call: request.method == "tools/call",
            era: request.front.era,
            server: route.server.of().name.clone(),
            settings: Arc::clone(&exchange.settings),
        }
    }

    /// The message that ends the stream in place of the response that never came.
    fn message(&self, failure: &HopFailure) -> Bytes {
        if self.is_tool_call {
            let this = self.settings.implementation();
            message::tool_error_result(
                &self.id_json,
                self.era,
                &failure.message,
                failure.code,
                failure.hint,
                this,
            )
        } else {
            WireError::upstream(failure.code, &failure.message).to_json(&self.id_json).into()
        }
    }
}

struct Passage {
    body: ReplyBody,
    frames: FrameSplitter,
    edit: ReplyEdit,
    record: Pending,
    answered: bool,
    failure: FailureAnswer,
}

/// What one event means for the client.
enum Passed {
    /// Nothing: a request of the upstream's, or an event without data.
    Nothing,
    /// A comment or a notification, to be passed on.
    Along(Bytes),
    /// The response, already edited and recorded.
    Response(Bytes),
}

impl Passage {
    /// The next event for the client.
    async fn next(&mut self) -> Result<Passed, UpstreamFailure> {
        loop {
            while let Some(frame) = self.frames.next_frame() {
                let frame = frame.map_err(|_| violation("an event of the upstream is too long"))?;
                match self.pass(&frame)? {
                    Passed::Nothing => {}
                    passed => return Ok(passed),
                }
            }
            match self.body.next().await {
                Some(part) => self.frames.push(part?),
                None => return Err(violation("the upstream's stream ended before its response")),
            }
        }
    }

    fn pass(&mut self, frame: &Frame) -> Result<Passed, UpstreamFailure> {
        if frame.data.is_empty() {
            // A comment keeps the connection alive; a priming event has an id that means nothing here.
            let is_comment = frame.raw.starts_with(b":");
            return Ok(if is_comment { Passed::Along(frame.raw.clone()) } else { Passed::Nothing });
        }
        let envelope = Envelope::parse(&frame.data)
            .map_err(|_| violation("an event of the upstream is not JSON-RPC"))?;
        match envelope.kind() {
            MessageKind::Notification => Ok(Passed::Along(framed(&frame.data))),
            MessageKind::Request => Ok(Passed::Nothing),
            MessageKind::Response => {
                let (edited, observed) = edit_whole(&frame.data, self.edit.clone())
                    .map_err(|_| violation("the upstream's response is not JSON-RPC"))?;
                self.record.finish(super::outcome(observed.is_error, observed.is_tool_error));
                Ok(Passed::Response(edited))
            }
        }
    }

    async fn end(&mut self) {
        let drained = async { while let Some(Ok(_)) = self.body.next().await {} };
        // If the upstream does not end its stream, its connection is given up.
        let _ = tokio::time::timeout(END_WITHIN, drained).await;
    }
}

fn violation(detail: &str) -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::ProtocolViolation,
        detail: detail.to_owned(),
        request_sent: true,
    }
}

fn framed(data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 24);
    write_frame(&mut out, Some("message"), data);
    out.freeze()
}

fn passage(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    sent: Sent,
    edit: ReplyEdit,
    record: Pending,
) -> Passage {
    Passage {
        body: sent.reply.body,
        frames: FrameSplitter::new(exchange.settings.max_event_bytes),
        edit,
        record,
        answered: false,
        failure: FailureAnswer::of(exchange, request, route),
    }
}

/// Relays an event stream as an event stream. A failure on the way becomes the response, so that
/// the client is never left without one.
pub(super) fn relay(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    sent: Sent,
    edit: ReplyEdit,
    record: Pending,
) -> Answer {
    let passage = passage(exchange, request, route, sent, edit, record);
    let parts = stream::unfold(passage, |mut passage| async move {
        if passage.answered {
            passage.end().await;
            return None;
        }
        let part = match passage.next().await {
            Ok(Passed::Along(bytes)) => bytes,
            Ok(Passed::Response(message)) => {
                passage.answered = true;
                framed(&message)
            }
            Ok(Passed::Nothing) => Bytes::new(),
            Err(failure) => {
                passage.answered = true;
                let failure = HopFailure::of(&passage.failure.server, &failure);
                passage.record.finish(Outcome::failure(failure.code, failure.message.clone()));
                framed(&passage.failure.message(&failure))
            }
        };
        Some((Ok(part), passage))
    });
    Answer {
        status: 200,
        content_type: ContentType::EventStream,
        body: AnswerBody::Parts(Box::pin(parts)),
    }
}

/// Folds an event stream into its response, for a client that reads plain JSON only.
pub(super) async fn fold(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    sent: Sent,
    edit: ReplyEdit,
    record: Pending,
) -> Answer {
    let mut passage = passage(exchange, request, route, sent, edit, record);
    loop {
        match passage.next().await {
            Ok(Passed::Response(message)) => {
                passage.end().await;
                return Answer::json(200, message);
            }
            Ok(Passed::Along(_) | Passed::Nothing) => {}
            Err(failure) => {
                let failure = HopFailure::of(&route.server.of().name, &failure);
                return failed(exchange, request, &failure, passage.record);
            }
        }
    }
}
