//! A request's body that knows whether it left.
//!
//! `UpstreamFailure::request_sent` decides whether a call may be tried again, so it has to be true,
//! not likely. hyper asks for the body in the moment in which it writes the request; who gives up
//! and who writes settle by one atomic which of them was first, and the second obeys.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

const WAITING: u8 = 0;
const HANDED_OVER: u8 = 1;
const ABANDONED: u8 = 2;

/// Whether a request was handed to a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handover(Arc<AtomicU8>);

impl Handover {
    /// Takes the request back. Whether it may have been sent: then it could not be taken back.
    pub(crate) fn abandon(&self) -> bool {
        self.settle(ABANDONED) == HANDED_OVER
    }

    fn hand_over(&self) -> Result<(), Abandoned> {
        if self.settle(HANDED_OVER) == ABANDONED { Err(Abandoned) } else { Ok(()) }
    }

    /// Makes a waiting request what is wanted of it; answers what it is now.
    fn settle(&self, wanted: u8) -> u8 {
        match self.0.compare_exchange(WAITING, wanted, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => wanted,
            Err(settled) => settled,
        }
    }
}

/// The request was taken back before it was written.
#[derive(Debug, thiserror::Error)]
#[error("the request was taken back before it was written")]
pub(crate) struct Abandoned;

/// A request's body: one piece, or none.
#[derive(Debug)]
pub(crate) struct Outgoing {
    bytes: Option<Bytes>,
    handover: Handover,
}

impl Outgoing {
    /// A message.
    pub(crate) fn message(bytes: Bytes) -> Self {
        Self { bytes: Some(bytes), handover: Handover::default() }
    }

    /// No body. hyper does not ask for it, so the request counts as sent from the start.
    pub(crate) fn nothing() -> Self {
        Self { bytes: None, handover: Handover(Arc::new(AtomicU8::new(HANDED_OVER))) }
    }

    /// The request's fate.
    pub(crate) fn handover(&self) -> Handover {
        self.handover.clone()
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Abandoned;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Abandoned>>> {
        if let Err(abandoned) = self.handover.hand_over() {
            return Poll::Ready(Some(Err(abandoned)));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_was_written_cannot_be_taken_back() {
        let mut body = Outgoing::message(Bytes::from_static(b"{}"));
        let handover = body.handover();
        assert!(body.frame().await.unwrap().is_ok());
        assert!(handover.abandon());
        assert!(body.frame().await.is_none(), "and what comes after is not disturbed");
    }

    #[tokio::test]
    async fn what_was_taken_back_cannot_be_written() {
        let mut body = Outgoing::message(Bytes::from_static(b"{}"));
        assert!(!body.handover().abandon());
        assert!(body.frame().await.unwrap().is_err());
    }
}
