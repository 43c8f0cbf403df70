//! One connection over which messages go both ways, whatever carries them: an event stream with a
//! POST address, a WebSocket, or a program's standard input and output.
//!
//! Its driver (`sse`, `websocket`, `stdio`) is a task of the main runtime: it takes what is to be
//! sent from a bounded queue and gives what arrives to [`Link::arrived`]. Who calls waits for mail.

mod calls;
mod mailbox;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use mcp_wire::sse::write_frame;
use mcp_wire::{Envelope, MessageKind};
use parking_lot::Mutex;
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{MessageHead, Reply, ReplyShape, UpstreamFailure, UpstreamRequest};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::fault::{self, failure, of_answer};
pub(crate) use calls::Place;
use calls::{Calls, Taken};

/// How many messages wait to be sent.
const QUEUE: usize = 64;

/// A message on its way to the server.
pub(crate) struct Outgoing {
    /// What a transport over HTTP repeats in headers.
    pub(crate) head: MessageHead,
    /// What opens the server for whoever sends it; a transport without headers for a message has
    /// shown what opened the connection.
    pub(crate) credential: Option<Arc<Credential>>,
    /// The message.
    pub(crate) message: Bytes,
    /// Told when it has left, or why it did not.
    pub(crate) left: oneshot::Sender<Result<(), UpstreamFailure>>,
}

/// What is to be sent, for the driver.
pub(crate) type Outbox = mpsc::Receiver<Outgoing>;

/// A connection.
pub(crate) struct Link {
    calls: Arc<Calls>,
    outbox: mpsc::Sender<Outgoing>,
    end: CancellationToken,
    /// What it was opened with.
    credential: Option<Arc<Credential>>,
    asked: AtomicI64,
    used: Mutex<Instant>,
}

impl Link {
    /// A connection that a driver is about to make, and what that has to send.
    pub(crate) fn new(
        credential: Option<Arc<Credential>>,
        max_message_bytes: usize,
        end: CancellationToken,
    ) -> (Arc<Self>, Outbox) {
        let (outbox, queue) = mpsc::channel(QUEUE);
        let link = Self {
            calls: Arc::new(Calls::new(false, max_message_bytes)),
            outbox,
            end,
            credential,
            asked: AtomicI64::new(0),
            used: Mutex::new(Instant::now()),
        };
        (Arc::new(link), queue)
    }

    /// What it was opened with.
    pub(crate) fn credential(&self) -> Option<Arc<Credential>> {
        self.credential.clone()
    }

    /// Whether it was opened with exactly this: only then may others use it.
    pub(crate) fn is_opened_with(&self, credential: Option<&Credential>) -> bool {
        self.credential.as_deref() == credential
    }

    /// Whether it was opened with this as it is set now, though perhaps with an earlier token.
    pub(crate) fn is_opened_by(&self, credential: Option<&Credential>) -> bool {
        let setting = |one: &Credential| (one.server, one.set_at, one.revision);
        self.credential.as_deref().map(setting) == credential.map(setting)
    }

    /// Says that many use the connection.
    pub(crate) fn share(&self) {
        self.calls.share();
    }

    /// An id for a question of our own that no other call on the connection has.
    pub(crate) fn next_id(&self) -> i64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Sends a request; its mail comes to the place.
    ///
    /// # Errors
    /// It did not leave, or nobody knows whether it did.
    pub(crate) async fn ask(
        &self,
        head: MessageHead,
        credential: Option<Arc<Credential>>,
        id_json: &str,
        request: &Bytes,
        within: Duration,
    ) -> Result<Place, UpstreamFailure> {
        let (place, request) = self.calls.begin(id_json, request)?;
        self.tell(head, credential, request, within).await?;
        Ok(place)
    }

    /// Sends what is not answered.
    ///
    /// # Errors
    /// As [`Link::ask`].
    pub(crate) async fn tell(
        &self,
        head: MessageHead,
        credential: Option<Arc<Credential>>,
        message: Bytes,
        within: Duration,
    ) -> Result<(), UpstreamFailure> {
        *self.used.lock() = Instant::now();
        let (left, has_left) = oneshot::channel();
        let sending = async {
            let outgoing = Outgoing { head, credential, message, left };
            self.outbox.send(outgoing).await.map_err(|_| lost(false))?;
            // A driver that ends drops what it has not sent; part of it may have left.
            has_left.await.unwrap_or_else(|_| Err(lost(true)))
        };
        match tokio::time::timeout(within, sending).await {
            Ok(sent) => sent,
            Err(_) => Err(fault::too_slow(true)),
        }
    }

    /// Sends a message of the call path and answers when the first word of the answer is here.
    ///
    /// # Errors
    /// As the port says.
    pub(crate) async fn send(&self, request: UpstreamRequest) -> Result<Reply, UpstreamFailure> {
        let UpstreamRequest { head, body, credential, timeout, pause } = request;
        let envelope = Envelope::parse(&body).map_err(|_| {
            failure(FaultClass::ProtocolViolation, "the message is no JSON-RPC message", false)
        })?;
        if envelope.kind() != MessageKind::Request {
            let message = body.clone();
            self.tell(head, credential, message, timeout).await?;
            return Ok(empty(202, ReplyShape::Accepted));
        }
        let began = Instant::now();
        let place = self.ask(head, credential, envelope.id_json(), &body, timeout).await?;
        let left = timeout.saturating_sub(began.elapsed());
        let first = match tokio::time::timeout(left, place.mailbox.next()).await {
            Ok(first) => first?,
            Err(_) => return Err(fault::too_slow(true)),
        };
        if first.is_response {
            let body = stream::iter([Ok(first.message)]);
            return Ok(Reply { status: 200, shape: ReplyShape::Json, body: Box::pin(body) });
        }
        let rest = stream::unfold(Some((Some(first), place)), move |state| async move {
            let (first, place) = state?;
            let mail = match first {
                Some(first) => Ok(first),
                None => tokio::time::timeout(pause, place.mailbox.next())
                    .await
                    .unwrap_or_else(|_| Err(fault::too_slow(true))),
            };
            match mail {
                Ok(mail) => {
                    let mut event = BytesMut::new();
                    write_frame(&mut event, Some("message"), &mail.message);
                    Some((Ok(event.freeze()), (!mail.is_response).then_some((None, place))))
                }
                Err(failure) => Some((Err(failure), None)),
            }
        });
        Ok(Reply { status: 200, shape: ReplyShape::EventStream, body: Box::pin(rest) })
    }

    /// Takes what the server sent; answers what it is to be told at once.
    ///
    /// # Errors
    /// It was no message of JSON-RPC.
    pub(crate) fn arrived(&self, message: &Bytes) -> Result<Option<Bytes>, UpstreamFailure> {
        match self.calls.take(message) {
            Taken::Done => Ok(None),
            Taken::Ping(id) => {
                Ok(Some(Bytes::from(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#))))
            }
            Taken::Unasked(id) => Ok(Some(Bytes::from(format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"nobody can be asked now"}}}}"#
            )))),
            Taken::Nonsense => Err(of_answer(
                FaultClass::ProtocolViolation,
                "the server sent something that is no JSON-RPC message",
            )),
        }
    }

    /// Says that the connection is over: everything under way fails.
    pub(crate) fn lose(&self, failure: UpstreamFailure) {
        self.calls.lose(failure);
        self.end.cancel();
    }

    /// Asks the driver to end the connection.
    pub(crate) fn close(&self) {
        self.end.cancel();
    }

    /// Fires when the connection is to end.
    pub(crate) async fn ended(&self) {
        self.end.cancelled().await;
    }

    /// Whether it can carry a call.
    pub(crate) fn is_alive(&self) -> bool {
        !self.end.is_cancelled() && !self.calls.is_lost()
    }

    /// How long nobody has used it; nothing while a call is under way.
    pub(crate) fn idle_for(&self) -> Duration {
        if self.calls.is_idle() { self.used.lock().elapsed() } else { Duration::ZERO }
    }
}

/// The failure of a message whose connection is gone.
pub(crate) fn lost(request_sent: bool) -> UpstreamFailure {
    failure(FaultClass::Unreachable, "the connection to the server is gone", request_sent)
}

/// A reply that says nothing beside its status.
pub(crate) fn empty(status: u16, shape: ReplyShape) -> Reply {
    Reply { status, shape, body: Box::pin(stream::empty()) }
}
