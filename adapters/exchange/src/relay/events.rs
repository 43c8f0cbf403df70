//! An event stream, event by event: notifications pass, the response is edited and ends it.
//!
//! Requests that an upstream makes of the client pass where both keep a session (`asked.rs`).
//! Responses to other calls do not: only the one with this call's id is waited for,
//! and an id of a stranger is never replaced by ours. Event ids do not pass either, because we keep nothing to resume from.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mcp_wire::reply::{ReplyEdit, edit_whole};
use mcp_wire::sse::{Frame, FrameSplitter};
use mcp_wire::{Envelope, MessageKind};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplyBody, UpstreamFailure};

use super::addresses::Addresses;
use super::deadline::Deadline;
use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::asked::Asker;
use crate::forward::Sent;
use crate::record::Pending;
use crate::request::{Call, Failed};
use crate::teller::Teller;

struct Passage {
    body: ReplyBody,
    frames: FrameSplitter,
    edit: ReplyEdit,
    addresses: Option<Addresses>,
    deadline: Deadline,
    record: Pending,
    answered: bool,
    asker: Option<Asker>,
    /// Tells of a failure; made before the call's borrows end.
    teller: Teller,
}

/// What one event means for the client.
enum Passed {
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
                if let Some(passed) = self.pass(&frame)? {
                    return Ok(passed);
                }
            }
            match self.body.next().await {
                Some(part) => {
                    self.frames.push(part?);
                    self.deadline.check()?;
                }
                None => return Err(violation("the upstream's stream ended before its response")),
            }
        }
    }

    /// What an event is to the client; `None` for a request of the upstream's, somebody else's
    /// response, or an event without data.
    fn pass(&mut self, frame: &Frame) -> Result<Option<Passed>, UpstreamFailure> {
        if frame.data.is_empty() {
            // A comment keeps the connection alive; a priming event has an id that means nothing here.
            let is_comment = frame.raw.starts_with(b":");
            return Ok(is_comment.then(|| Passed::Along(frame.raw.clone())));
        }
        let envelope = Envelope::parse(&frame.data)
            .map_err(|_| violation("an event of the upstream is not JSON-RPC"))?;
        match envelope.kind() {
            MessageKind::Notification => {
                let moved =
                    self.addresses.as_ref().and_then(|it| it.notified(&envelope, &frame.data));
                Ok(Some(Passed::Along(framed(moved.as_deref().unwrap_or(&frame.data)))))
            }
            MessageKind::Request => {
                let question = self.asker.as_mut().and_then(|it| it.pass(&envelope, &frame.data));
                Ok(question.map(|question| Passed::Along(framed(&question))))
            }
            MessageKind::Response if !self.answers_the_call(&envelope) => Ok(None),
            MessageKind::Response => {
                let (edited, observed) = edit_whole(&frame.data, self.edit.clone())
                    .map_err(|_| violation("the upstream's response is not JSON-RPC"))?;
                self.record.finish(super::outcome(observed.is_error, observed.is_tool_error));
                let told = match &mut self.addresses {
                    Some(addresses) => addresses.pass(edited, true),
                    None => edited,
                };
                Ok(Some(Passed::Response(told)))
            }
        }
    }

    /// Whether a response is the call's. An error without an id can be of no other call: each call
    /// has a stream of its own.
    fn answers_the_call(&self, envelope: &Envelope<'_>) -> bool {
        let id = envelope.id_json();
        (id == "null" && envelope.error.is_some())
            || self.edit.id.as_ref().is_none_or(|call| call.is_borne_by(id.as_bytes()))
    }

    async fn end(&mut self) {
        let drained = async { while let Some(Ok(_)) = self.body.next().await {} };
        // If the upstream does not end its stream, its connection is given up.
        let _ = tokio::time::timeout(super::END_WITHIN, drained).await;
    }
}

fn violation(detail: &str) -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::ProtocolViolation,
        detail: detail.to_owned(),
        request_sent: true,
    }
}

fn passage(call: Call<'_>, sent: Sent, edit: ReplyEdit, record: Pending) -> Passage {
    Passage {
        asker: Asker::of(call, &sent),
        body: sent.reply.body,
        frames: FrameSplitter::new(call.exchange.settings.max_event_bytes),
        edit,
        addresses: Addresses::of(call),
        deadline: Deadline::of(&call.exchange.settings),
        record,
        answered: false,
        teller: Teller::of(call),
    }
}

/// Relays an event stream as an event stream. A failure on the way becomes the response, so that
/// the client is never left without one.
pub(super) fn relay(call: Call<'_>, sent: Sent, edit: ReplyEdit, record: Pending) -> Answer {
    let passage = passage(call, sent, edit, record);
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
            Err(failure) => {
                passage.answered = true;
                framed(&passage.teller.tell(&failure, &mut passage.record).body)
            }
        };
        Some((Ok(part), passage))
    });
    Answer::of(200, ContentType::EventStream, AnswerBody::Parts(Box::pin(parts)))
}

/// Folds an event stream into its response, for a client that reads plain JSON only.
pub(super) async fn fold(
    call: Call<'_>,
    sent: Sent,
    edit: ReplyEdit,
    record: Pending,
) -> Result<Answer, Failed> {
    let mut passage = passage(call, sent, edit, record);
    loop {
        match passage.next().await {
            Ok(Passed::Response(message)) => {
                passage.end().await;
                return Ok(Answer::json(200, message));
            }
            Ok(Passed::Along(_)) => {}
            Err(failure) => return Err(Failed::new(failure, passage.record)),
        }
    }
}
