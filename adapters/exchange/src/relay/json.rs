//! One JSON document, edited as it streams through; nothing is collected.
//!
//! An answer that arrives in one piece leaves in one piece, with its length known. Any other is
//! passed on part by part. One that is not the response to the call is told as a failure, or
//! broken off if a part of it has gone out already.

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, stream};
use mcp_wire::older::OlderEditor;
use mcp_wire::reply::{ReplyEdit, ReplyEditor};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplyBody, UpstreamFailure};

use super::addresses::Addresses;
use super::deadline::Deadline;
use crate::answer::{Answer, AnswerBody, ContentType};
use crate::forward::Sent;
use crate::record::Pending;
use crate::request::{Call, Failed};

struct Passage {
    body: ReplyBody,
    editor: ReplyEditor,
    edited: BytesMut,
    addresses: Option<Addresses>,
    older: Option<OlderEditor>,
    is_begun: bool,
    deadline: Deadline,
    record: Pending,
}

impl Passage {
    /// The next part for the client; `None` after the last.
    async fn next(&mut self) -> Option<Result<Bytes, UpstreamFailure>> {
        loop {
            match self.body.next().await {
                Some(Ok(part)) => {
                    if let Err(failure) = self.deadline.check() {
                        return Some(Err(failure));
                    }
                    let Ok(passed) = self.editor.pass(part, &mut self.edited) else {
                        return Some(Err(broken("the upstream's answer is no JSON object")));
                    };
                    if let Err(error) = self.editor.check() {
                        return Some(Err(broken(&error.message)));
                    }
                    let is_complete = self.editor.finish().is_ok();
                    let is_whole = is_complete && !self.is_begun;
                    let passed = match &mut self.addresses {
                        Some(addresses) => addresses.pass(passed, is_whole),
                        None => passed,
                    };
                    let passed = match &mut self.older {
                        Some(older) => older.pass(passed, is_whole),
                        None => passed,
                    };
                    self.is_begun = true;
                    if is_complete {
                        let outcome =
                            super::outcome(self.editor.is_error(), self.editor.is_tool_error());
                        self.record.finish(outcome);
                    }
                    if !passed.is_empty() {
                        return Some(Ok(passed));
                    }
                }
                Some(Err(failure)) => return Some(Err(failure)),
                None if self.editor.finish().is_ok() => return None,
                None => return Some(Err(broken("the upstream's answer ended early"))),
            }
        }
    }
}

fn broken(detail: &str) -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::ProtocolViolation,
        detail: detail.to_owned(),
        request_sent: true,
    }
}

/// Relays a JSON answer.
pub(super) async fn relay(
    call: Call<'_>,
    sent: Sent,
    edit: ReplyEdit,
    record: Pending,
) -> Result<Answer, Failed> {
    let mut passage = Passage {
        body: sent.reply.body,
        editor: ReplyEditor::new(edit),
        edited: BytesMut::new(),
        addresses: Addresses::of(call),
        older: super::older(call.request, &sent.upstream),
        is_begun: false,
        deadline: Deadline::of(&call.exchange.settings),
        record,
    };
    let first = match passage.next().await {
        Some(Ok(first)) => first,
        Some(Err(failure)) => return Err(Failed::new(failure, passage.record)),
        None => return Err(Failed::badly(FaultClass::ProtocolViolation, passage.record)),
    };
    if passage.editor.finish().is_ok() {
        // The answer is complete. What follows it, white space or not, is none of the client's, and
        // an upstream that does not end it loses its connection.
        let drained = async { while let Some(Ok(_)) = passage.next().await {} };
        let _ = tokio::time::timeout(super::END_WITHIN, drained).await;
        return Ok(Answer::json(200, first));
    }
    // While nothing has gone out, an answer that broke off can still be told as a failure.
    let second = match passage.next().now_or_never().flatten() {
        Some(Err(failure)) => return Err(Failed::new(failure, passage.record)),
        second => second,
    };
    let rest = stream::unfold(passage, |mut passage| async move {
        let part = passage.next().await?;
        if let Err(failure) = &part {
            passage.record.fail(failure, failure.detail.clone());
            // What was passed on so far is written out first: the client then sees an answer that
            // broke off, and not a connection that ended for no reason.
            tokio::task::yield_now().await;
        }
        Some((part, passage))
    });
    let beginning = stream::iter(std::iter::once(Ok(first)).chain(second));
    let body = AnswerBody::Parts(Box::pin(beginning.chain(rest)));
    Ok(Answer::of(200, ContentType::Json, body))
}
