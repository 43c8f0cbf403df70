//! What ends a call before its upstream does: somebody cancelled it, or its time is over.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplyBody, UpstreamFailure};
use tokio::time::Instant;

use crate::active_calls::ActiveCall;

/// What may end one call.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    call: Arc<ActiveCall>,
    deadline: Option<Instant>,
}

impl Interrupt {
    pub(crate) fn of(call: &Arc<ActiveCall>, deadline: Option<Instant>) -> Self {
        Self { call: Arc::clone(call), deadline }
    }

    /// Waits until the call is to end.
    pub(crate) async fn fired(self) -> UpstreamFailure {
        let over = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.call.cancelled() => cancelled(),
            () = over => timed_out(),
        }
    }

    /// The same body, until the call is to end. What holds the upstream's connection is dropped
    /// then, which closes it.
    pub(crate) fn guard(self, body: ReplyBody) -> ReplyBody {
        Box::pin(Guarded { body: Some(body), interrupt: self, fired: None })
    }

    /// Whether the call is to end, without waiting: for a body that is always ready.
    fn has_fired(&self) -> Option<UpstreamFailure> {
        if self.call.is_cancelled() {
            Some(cancelled())
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(timed_out())
        } else {
            None
        }
    }
}

/// [`ActiveCall::is_cancelled`] tells it from a timeout.
fn cancelled() -> UpstreamFailure {
    interrupted("the call was cancelled")
}

fn timed_out() -> UpstreamFailure {
    interrupted("the answer was not complete in time")
}

fn interrupted(detail: &str) -> UpstreamFailure {
    UpstreamFailure { class: FaultClass::Timeout, detail: detail.to_owned(), request_sent: true }
}

struct Guarded {
    /// None when it is over.
    body: Option<ReplyBody>,
    interrupt: Interrupt,
    /// Made when the body first has nothing to give: an answer in one piece never needs it.
    fired: Option<Pin<Box<dyn Future<Output = UpstreamFailure> + Send>>>,
}

impl Stream for Guarded {
    type Item = Result<Bytes, UpstreamFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let failure = match (this.interrupt.has_fired(), body.as_mut().poll_next(context)) {
            (Some(failure), _) => failure,
            (None, Poll::Ready(part)) => return Poll::Ready(part),
            (None, Poll::Pending) => {
                let interrupt = &this.interrupt;
                let fired = this.fired.get_or_insert_with(|| Box::pin(interrupt.clone().fired()));
                match fired.as_mut().poll(context) {
                    Poll::Ready(failure) => failure,
                    Poll::Pending => return Poll::Pending,
                }
            }
        };
        this.body = None;
        Poll::Ready(Some(Err(failure)))
    }
}
