//! The transport of revision 2024-11-05 in front (HTTP+SSE): an event stream on which a client gets
//! everything, and an address to which it posts its messages.
//!
//! A stream is its caller's: whoever else knows the address finds nothing there. It lives in the
//! process that it was opened in, which its id names: a message that lands on another replica is
//! handed to that one. Each message is a call like any other; only where its answer goes
//! differs.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use mcp_wire::revision::{Revision, negotiate_legacy};
use mcp_wire::{Envelope, WireError};
use parking_lot::Mutex;
use registry_domain::party::{Party, Principal};
use registry_domain::ports::ReplicaId;
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use uuid::Uuid;

use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::replicas::{self, Via};
use crate::whole;

/// How many messages wait for a client that reads slowly; then its calls wait too.
const QUEUE: usize = 64;
/// How many calls of one stream are under way at once.
const MOST_CALLS: usize = 32;

/// One client's stream.
pub(crate) struct Pipe {
    whose: Principal,
    door: Door,
    told: mpsc::Sender<Bytes>,
    calls: Arc<Semaphore>,
    /// The session that began with its handshake.
    session: Mutex<Option<String>>,
    /// The revision that the handshake agreed on: messages of this transport do not say it.
    revision: Mutex<Option<Revision>>,
}

impl Pipe {
    /// Notes on which revision a handshake agrees.
    fn agree(&self, message: &Envelope<'_>) {
        #[derive(Deserialize)]
        struct Hello {
            #[serde(rename = "protocolVersion")]
            version: String,
        }
        if message.method.as_deref() == Some("initialize") {
            let params = message.params.map_or("{}", |params| params.get());
            let hello = serde_json::from_str::<Hello>(params).ok();
            *self.revision.lock() = hello.map(|hello| negotiate_legacy(&hello.version));
        }
    }
}

/// The streams of a process, by the id in their address.
#[derive(Default)]
pub(crate) struct Pipes(Mutex<HashMap<String, Arc<Pipe>>>);

impl std::fmt::Debug for Pipes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Pipes").field("open", &self.0.lock().len()).finish()
    }
}

/// What comes for the client of one stream; dropping it ends the stream.
pub(crate) struct PipeEnd {
    pipes: Arc<Pipes>,
    id: String,
    coming: mpsc::Receiver<Bytes>,
}

impl PipeEnd {
    /// The next event for the client.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        self.coming.recv().await
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.pipes.0.lock().remove(&self.id);
    }
}

/// Makes a stream; answers its id and what comes for its client.
pub(crate) fn open(exchange: &Exchange, door: &Door, party: &Party) -> (String, PipeEnd) {
    let ids = &exchange.ports.ids;
    let home = exchange.active.replica().0;
    let id = format!("{}{}{}", home.simple(), ids.next().simple(), ids.next().simple());
    let (told, coming) = mpsc::channel(QUEUE);
    let pipe = Pipe {
        whose: party.principal(),
        door: door.clone(),
        told,
        calls: Arc::new(Semaphore::new(MOST_CALLS)),
        session: Mutex::default(),
        revision: Mutex::default(),
    };
    let pipes = Arc::clone(&exchange.pipes);
    pipes.0.lock().insert(id.clone(), Arc::new(pipe));
    (id.clone(), PipeEnd { pipes, id, coming })
}

/// The replica that a stream lives in.
fn home(id: &str) -> Option<ReplicaId> {
    Uuid::try_parse(id.get(..32)?).ok().map(ReplicaId)
}

/// Takes a message that was posted to a stream's address; its answer goes to the stream.
pub(crate) async fn take(exchange: &Exchange, id: Option<&str>, mut inbound: Inbound) -> Answer {
    let here = exchange.active.replica();
    if let Some((id, home)) =
        id.and_then(|id| Some((id, home(id)?))).filter(|(_, home)| *home != here)
    {
        let (via, gone) = (Via::Stream(id.to_owned()), WireError::unknown_session());
        return replicas::hand(exchange, home, via, &inbound, ("null", gone)).await;
    }
    let refused = |error: &WireError| Answer::refused(error, "null");
    let found = id.and_then(|id| exchange.pipes.0.lock().get(id).cloned());
    let pipe =
        found.filter(|pipe| pipe.whose == inbound.party.principal() && pipe.door == inbound.door);
    let Some(pipe) = pipe else {
        return refused(&WireError::unknown_session());
    };
    match Envelope::parse(&inbound.body) {
        Ok(envelope) => pipe.agree(&envelope),
        Err(error) => return refused(&error),
    }
    let Ok(permit) = Arc::clone(&pipe.calls).try_acquire_owned() else {
        let words = "as many calls of this stream are under way as may be; wait for an answer";
        return refused(&WireError::unavailable(words));
    };
    inbound.headers.accepts_event_stream = true;
    inbound.headers.session.clone_from(&pipe.session.lock());
    let revision = pipe.revision.lock().map(|revision| revision.as_str().to_owned());
    inbound.headers.protocol_version = revision;
    let exchange = exchange.clone();
    let Ok(runtime) = Handle::try_current() else {
        return refused(&WireError::unavailable("the process is ending"));
    };
    // The call outlives the POST, which is answered at once.
    runtime.spawn(async move {
        let _permit = permit;
        let answer = exchange.call(inbound).await;
        tell(&exchange, &pipe, answer).await;
    });
    Answer::accepted()
}

/// Puts an answer on the stream. Without a reader it is dropped, and what is left of the call with it.
async fn tell(exchange: &Exchange, pipe: &Pipe, answer: Answer) {
    if let Some(session) = answer.session {
        *pipe.session.lock() = Some(session);
    }
    match (answer.content_type, answer.body) {
        (ContentType::None, _) => {}
        // Each part is a whole event.
        (ContentType::EventStream, AnswerBody::Parts(mut events)) => {
            while let Some(Ok(event)) = events.next().await {
                if pipe.told.send(event).await.is_err() {
                    return;
                }
            }
        }
        (_, body) => match whole::collect(body, exchange.settings.max_event_bytes).await {
            Ok(message) => drop(pipe.told.send(framed(&message)).await),
            Err(failure) => tracing::warn!(
                class = failure.class.as_str(),
                "an answer broke off that was to go to an event stream"
            ),
        },
    }
}
