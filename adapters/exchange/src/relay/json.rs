//! One JSON document, edited as it streams through; nothing is collected.
//!
//! An answer that arrives in one piece leaves in one piece, with its length known. Any other is
//! passed on part by part.

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, stream};
use mcp_wire::reply::{ReplyEdit, ReplyEditor};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplyBody, UpstreamFailure};

use crate::answer::{Answer, AnswerBody, ContentType};
use crate::forward::Sent;
use crate::record::{Outcome, Pending};
use crate::request::Call;

struct Passage {
    body: ReplyBody,
    editor: ReplyEditor,
    /// Whether anything changes at all: if not, the upstream's bytes are the client's.
    edits: bool,
    edited: BytesMut,
    record: Pending,
}

impl Passage {
    /// The next part for the client; `None` after the last.
    async fn next(&mut self) -> Option<Result<Bytes, UpstreamFailure>> {
        loop {
            match self.body.next().await {
                Some(Ok(part)) => {
                    let passed = if self.edits {
                        self.editor
                            .feed(&part, &mut self.edited)
                            .map(|()| self.edited.split().freeze())
                    } else {
                        self.editor.observe(&part).map(|()| part)
                    };
                    let Ok(passed) = passed else {
                        return Some(Err(
                            self.broken("the upstream's answer is not a JSON-RPC response")
                        ));
                    };
                    if self.editor.finish().is_ok() {
                        let outcome =
                            super::outcome(self.editor.is_error(), self.editor.is_tool_error());
                        self.record.finish(outcome);
                    }
                    if !passed.is_empty() {
                        return Some(Ok(passed));
                    }
                }
                Some(Err(failure)) => {
                    self.record.finish(Outcome::failure("PROXY_ERROR", failure.to_string()));
                    return Some(Err(failure));
                }
                None if self.editor.finish().is_ok() => return None,
                None => return Some(Err(self.broken("the upstream's answer ended early"))),
            }
        }
    }

    fn broken(&mut self, detail: &str) -> UpstreamFailure {
        self.record.finish(Outcome::failure("PROXY_ERROR", detail));
        UpstreamFailure {
            class: FaultClass::ProtocolViolation,
            detail: detail.to_owned(),
            request_sent: true,
        }
    }
}

/// Relays a JSON answer.
pub(super) async fn relay(call: Call<'_>, sent: Sent, edit: ReplyEdit, record: Pending) -> Answer {
    let mut passage = Passage {
        body: sent.reply.body,
        edits: edit != ReplyEdit::default(),
        editor: ReplyEditor::new(edit),
        edited: BytesMut::new(),
        record,
    };
    let first = match passage.next().await {
        Some(Ok(first)) => first,
        Some(Err(failure)) => return call.failed(&failure, passage.record),
        None => return call.answered_badly(FaultClass::ProtocolViolation, passage.record),
    };
    let second = if passage.editor.finish().is_ok() {
        // The answer is complete; an upstream that does not end it loses its connection.
        let Ok(Some(second)) = tokio::time::timeout(super::END_WITHIN, passage.next()).await else {
            return Answer::json(200, first);
        };
        Some(second)
    } else {
        // While nothing has gone out, an answer that broke off can still be told as a failure.
        passage.next().now_or_never().flatten()
    };
    let second = match second {
        Some(Err(failure)) if passage.editor.finish().is_err() => {
            return call.failed(&failure, passage.record);
        }
        Some(Err(_)) => return Answer::json(200, first),
        Some(Ok(second)) => Some(Ok(second)),
        None => None,
    };
    let rest = stream::unfold(passage, |mut passage| async move {
        let part = passage.next().await?;
        if part.is_err() {
            // What was passed on so far is written out first: the client then sees an answer that
            // broke off, and not a connection that ended for no reason.
            tokio::task::yield_now().await;
        }
        Some((part, passage))
    });
    let beginning = stream::iter(std::iter::once(Ok(first)).chain(second));
    Answer {
        status: 200,
        content_type: ContentType::Json,
        body: AnswerBody::Parts(Box::pin(beginning.chain(rest))),
    }
}
