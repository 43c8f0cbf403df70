//! An event stream, event by event: notifications pass, the response is edited and ends it.
//!
//! Requests that an upstream makes of the client are asked as the client can be (`asked.rs`).
//! Responses to other calls do not: only the one with this call's id is waited for,
//! and an id of a stranger is never replaced by ours. Event ids do not pass either, because we keep nothing to resume from.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mcp_wire::asking::{self, Question};
use mcp_wire::older::OlderEditor;
use mcp_wire::progress::{self, Told};
use mcp_wire::reply::{ReplyEdit, edit_whole};
use mcp_wire::revision::Era;
use mcp_wire::sse::{Frame, FrameSplitter};
use mcp_wire::{Envelope, MessageKind, WireError, logging};
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{OpenedUpstream, ReplyBody, UpstreamEra, UpstreamFailure};

use super::addresses::Addresses;
use super::deadline::Deadline;
use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::asked::{Asked, Asker};
use crate::forward::Sent;
use crate::interrupt::Interrupt;
use crate::parked::Rest;
use crate::record::{Outcome, Pending};
use crate::request::{Call, Failed};
use crate::rounds::{Again, Broken, Rounds};
use crate::teller::Teller;

struct Passage {
    body: ReplyBody,
    frames: FrameSplitter,
    edit: ReplyEdit,
    addresses: Option<Addresses>,
    older: Option<OlderEditor>,
    deadline: Deadline,
    record: Pending,
    answered: bool,
    asker: Option<Asker>,
    progress: Progress,
    hears: Hears,
    rounds: Option<Box<Rounds>>,
    /// Tells of a failure; made before the call's borrows end.
    teller: Teller,
}

/// What one event means for the client.
enum Passed {
    /// A comment or a notification, to be passed on.
    Along(Bytes),
    /// The response, already edited and recorded.
    Response(Bytes),
    /// What the call's result is to ask the client for; the exchange waits meanwhile.
    Question(Question),
    /// The call ends with an error of ours.
    Refused(WireError),
}

/// Which log messages of the server the client hears of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Hears {
    /// All.
    All,
    /// Those from the level on that its request named; none where it named none.
    From(Option<String>),
}

impl Hears {
    /// A modern client is told what its request asks for; a server with a handshake does not know.
    fn of(call: Call<'_>, upstream: UpstreamEra) -> Self {
        match (call.request.front.era, upstream) {
            (Era::Modern, UpstreamEra::Legacy) => {
                let level = call.request.params.meta_keys.log_level.as_deref();
                Self::From(level.map(str::to_owned))
            }
            _ => Self::All,
        }
    }
}

/// By which token the client knows the call's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    /// By the one that the server got.
    Kept,
    /// By another (raw JSON), because it called again; `None` if by none.
    Now(Option<String>),
}

impl Passage {
    /// The next event for the client.
    async fn next(&mut self) -> Result<Passed, UpstreamFailure> {
        loop {
            if let Some(rounds) = self.rounds.as_mut().filter(|rounds| rounds.is_open()) {
                match rounds.finish().await {
                    Ok(Again { body, id }) => (self.body, self.edit.id) = (body, Some(id)),
                    Err(Broken::Server(failure)) => return Err(failure),
                    Err(Broken::Client(error)) => return Ok(Passed::Refused(error)),
                }
            }
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
            MessageKind::Notification
                if let Hears::From(least) = &self.hears
                    && envelope.method.as_deref() == Some("notifications/message")
                    && !logging::is_heard(envelope.params, least.as_deref()) =>
            {
                Ok(None)
            }
            MessageKind::Notification => {
                let moved =
                    self.addresses.as_ref().and_then(|it| it.notified(&envelope, &frame.data));
                Ok(self.told(moved.as_ref().unwrap_or(&frame.data)).map(Passed::Along))
            }
            MessageKind::Request => {
                let Some(asker) = &mut self.asker else { return Ok(None) };
                Ok(match asker.pass(&envelope, &frame.data) {
                    Asked::OnStream(question) => Some(Passed::Along(framed(&question))),
                    Asked::AsResult(question) => Some(Passed::Question(question)),
                    Asked::Settled => None,
                })
            }
            MessageKind::Response if !self.answers_the_call(&envelope) => Ok(None),
            MessageKind::Response
                if let Some(rounds) = &mut self.rounds
                    && let Some(required) = asking::required(&frame.data) =>
            {
                match rounds.begin(required) {
                    Ok(questions) => Ok(Some(Passed::Along(questions))),
                    Err(Broken::Server(failure)) => Err(failure),
                    Err(Broken::Client(error)) => Ok(Some(Passed::Refused(error))),
                }
            }
            MessageKind::Response => {
                let (edited, observed) = edit_whole(&frame.data, self.edit.clone())
                    .map_err(|_| violation("the upstream's response is not JSON-RPC"))?;
                self.record.finish(super::outcome(observed.is_error, observed.is_tool_error));
                let told = match &mut self.addresses {
                    Some(addresses) => addresses.pass(edited, true),
                    None => edited,
                };
                let told = match &mut self.older {
                    Some(older) => older.pass(told, true),
                    None => told,
                };
                Ok(Some(Passed::Response(told)))
            }
        }
    }

    /// A notification as the client knows it.
    fn told(&self, data: &Bytes) -> Option<Bytes> {
        let Progress::Now(token) = &self.progress else { return Some(framed(data)) };
        match progress::of_token(data, token.as_deref()) {
            Told::Same => Some(framed(data)),
            Told::Changed(changed) => Some(framed(&changed)),
            Told::Nothing => None,
        }
    }

    /// Lets the exchange wait for the client's answer; the message asks for it.
    fn park(self, question: &Question) -> Bytes {
        let Self { body, frames, mut record, asker, teller, .. } = self;
        let notice = record.hands_over();
        let parked = match &asker {
            Some(asker) => asker.park(Rest { body, frames }, question, notice),
            None => Err(WireError::upstream("PROXY_ERROR", "the server asked for nothing")),
        };
        match parked {
            Ok(message) => {
                record.finish(Outcome::Success);
                message
            }
            Err(error) => teller.refuse(&error, &mut record),
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
    let interrupt = record.active().map(|active| Interrupt::of(active, call.deadline));
    let rounds = Rounds::of(call, &sent, interrupt);
    Passage {
        older: super::older(call.request, &sent.upstream),
        asker: Asker::of(call, &sent.upstream, sent.credential),
        body: sent.reply.body,
        progress: Progress::Kept,
        hears: Hears::of(call, sent.upstream.era),
        rounds,
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
    streamed(passage(call, sent, edit, record))
}

fn streamed(passage: Passage) -> Answer {
    let parts = stream::unfold(Some(passage), |passage| async move {
        let mut passage = passage?;
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
            Ok(Passed::Question(question)) => {
                return Some((Ok(framed(&passage.park(&question))), None));
            }
            Ok(Passed::Refused(error)) => {
                passage.answered = true;
                framed(&passage.teller.refuse(&error, &mut passage.record))
            }
            Err(failure) => {
                passage.answered = true;
                framed(&passage.teller.tell(&failure, &mut passage.record).body)
            }
        };
        Some((Ok(part), Some(passage)))
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
    folded(passage(call, sent, edit, record)).await
}

async fn folded(mut passage: Passage) -> Result<Answer, Failed> {
    loop {
        match passage.next().await {
            Ok(Passed::Response(message)) => {
                passage.end().await;
                return Ok(Answer::json(200, message));
            }
            Ok(Passed::Question(question)) => {
                return Ok(Answer::json(200, passage.park(&question)));
            }
            Ok(Passed::Refused(error)) => {
                let refused = passage.teller.refuse(&error, &mut passage.record);
                return Ok(Answer::json(200, refused));
            }
            Ok(Passed::Along(_)) => {}
            Err(failure) => return Err(Failed::new(failure, passage.record)),
        }
    }
}

/// Goes on with an exchange that was parked, for the call that its client made next.
pub(super) async fn resume(
    call: Call<'_>,
    (upstream, credential): (&Arc<OpenedUpstream>, Option<Arc<Credential>>),
    rest: Rest,
    edit: ReplyEdit,
    record: Pending,
) -> Result<Answer, Failed> {
    let token = call.request.params.meta_keys.progress_token;
    let passage = Passage {
        asker: Asker::of(call, upstream, credential),
        body: rest.body,
        frames: rest.frames,
        edit,
        addresses: Addresses::of(call),
        older: super::older(call.request, upstream),
        deadline: Deadline::of(&call.exchange.settings),
        record,
        answered: false,
        progress: Progress::Now(token.map(|token| token.get().to_owned())),
        hears: Hears::of(call, upstream.era),
        rounds: None,
        teller: Teller::of(call),
    };
    if call.may_stream { Ok(streamed(passage)) } else { folded(passage).await }
}
