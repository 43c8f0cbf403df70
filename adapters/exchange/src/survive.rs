//! A call that goes on without its client: in the revisions with a handshake, the end of a
//! connection does not say that its call is no longer wanted (2025-11-25, "Disconnection SHOULD NOT
//! be interpreted as the client cancelling its request").
//!
//! Such a call is made in a task of its own, whether its client has a session or none. When the
//! client goes away, the server's answer is read to its end and dropped, so that the record tells
//! how the call ended; it takes no longer than any call may.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use mcp_wire::WireError;
use mcp_wire::revision::{Era, Revision};
use registry_domain::ports::UpstreamFailure;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::{Answer, AnswerBody, AnswerStream};
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};

/// The most calls of one process that may go on without their client; any other ends with it.
pub(crate) const MOST: usize = 4_096;

/// Whether a message is of a revision with a handshake, at a door of the gateway.
pub(crate) fn is_for(inbound: &Inbound) -> bool {
    let headers = &inbound.headers;
    let revision = headers.protocol_version.as_deref().and_then(Revision::parse);
    revision.is_none_or(|revision| revision.era() == Era::Legacy)
        && !matches!(inbound.door, Door::Any(_))
}

/// Answers such a message, or a batch.
pub(crate) async fn call(exchange: &Exchange, inbound: Inbound) -> Answer {
    let Ok(permit) = std::sync::Arc::clone(&exchange.survivors).try_acquire_owned() else {
        return exchange.at_once(inbound).await;
    };
    let exchange = exchange.clone();
    let call = Handle::current().spawn(async move {
        let answer = exchange.at_once(inbound).await;
        let body = match answer.body {
            AnswerBody::Whole(bytes) => AnswerBody::Whole(bytes),
            AnswerBody::Parts(parts) => {
                AnswerBody::Parts(Box::pin(Surviving { rest: Some((parts, permit)) }))
            }
        };
        Answer { body, ..answer }
    });
    call.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call ended without an answer");
        Answer::refused(&WireError::unavailable("the call could not be answered"), "null")
    })
}

/// An answer that is read to its end whoever reads it.
struct Surviving {
    rest: Option<(AnswerStream, OwnedSemaphorePermit)>,
}

impl Stream for Surviving {
    type Item = Result<Bytes, UpstreamFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((parts, _)) = &mut self.rest else { return Poll::Ready(None) };
        let part = parts.as_mut().poll_next(context);
        if matches!(part, Poll::Ready(None)) {
            self.rest = None;
        }
        part
    }
}

impl Drop for Surviving {
    fn drop(&mut self) {
        let Some((mut parts, permit)) = self.rest.take() else { return };
        // Outside a runtime there is no connection left to read from.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                while let Some(Ok(_)) = parts.next().await {}
                drop(permit);
            });
        }
    }
}
