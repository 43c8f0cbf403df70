//! What replicas say to each other of exchanges that one of them holds.
//!
//! A question of a server that waits for its answer, a call that is under way and an event stream
//! live in the replica that they began in. A client's next message may land on any: then it is
//! handed over the bus to the replica that it is about, which does with it what it would have done
//! by itself, and its answer comes back part by part. What is said is sealed, because what lies
//! between replicas is not ours alone.

mod away;
mod handed;
mod here;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use registry_domain::ports::{Heard, PortError, ReplicaBus, ReplicaId, Sealer, Subscription};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use uuid::Uuid;

use crate::client_sessions::Change;
use crate::exchange::Exchange;
use words::Word;

pub(crate) use away::hand;
pub(crate) use handed::Via;

/// What all replicas hear.
const ALL: &str = "exchange.all";
/// How many messages of other replicas are worked on here at once.
const MOST: usize = 512;
/// How many parts may be on their way to who reads them.
const WINDOW: u32 = 8;
const AHEAD: usize = 8;
/// The longest part, in bytes.
const LONGEST_PART: usize = 128 << 10;
/// How often who answers says that it still does.
const BEAT: Duration = Duration::from_secs(1);
/// How long it is waited before the bus is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// This replica among the others.
pub(crate) struct Replicas {
    bus: Arc<dyn ReplicaBus>,
    sealer: Arc<dyn Sealer>,
    /// Where what others say of messages that were handed to them goes.
    waiting: Mutex<HashMap<Uuid, mpsc::Sender<(Word, Bytes)>>>,
    /// How far others have read what is answered here.
    reading: Mutex<HashMap<Uuid, watch::Sender<Reader>>>,
    places: Arc<Semaphore>,
}

/// Who reads an answer of ours at another replica.
#[derive(Debug, Clone, Copy, Default)]
struct Reader {
    has_read: u32,
    is_gone: bool,
}

impl fmt::Debug for Replicas {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Replicas").finish_non_exhaustive()
    }
}

impl Replicas {
    pub(crate) fn new(bus: Arc<dyn ReplicaBus>, sealer: Arc<dyn Sealer>) -> Arc<Self> {
        Arc::new(Self {
            bus,
            sealer,
            waiting: Mutex::default(),
            reading: Mutex::default(),
            places: Arc::new(Semaphore::new(MOST)),
        })
    }

    /// Which replica this is.
    pub(crate) fn own(&self) -> ReplicaId {
        self.bus.replica()
    }

    /// Hears the others from now on, until the bus ends.
    pub(crate) fn join(exchange: &Exchange) {
        let Some(replicas) = exchange.replicas.clone() else { return };
        let exchange = exchange.clone();
        Handle::current().spawn(async move {
            let (own, all) = loop {
                match replicas.listen().await {
                    Ok(heard) => break heard,
                    Err(error) => tracing::warn!(%error, "other replicas cannot be heard yet"),
                }
                tokio::time::sleep(PAUSE).await;
            };
            let of =
                |topic: String, heard: Subscription| heard.map(move |one| (topic.clone(), one));
            let own = of(topic(replicas.own()), own);
            let mut heard = stream::select(own, of(ALL.to_owned(), all));
            while let Some((topic, heard)) = heard.next().await {
                match heard {
                    Heard::Message(sealed) => replicas.take(&exchange, &topic, &sealed),
                    Heard::Missed => {
                        if let Some(sessions) = &exchange.client_sessions {
                            sessions.doubt();
                        }
                    }
                }
            }
        });
    }

    async fn listen(&self) -> Result<(Subscription, Subscription), PortError> {
        let own = self.bus.subscribe(&topic(self.own())).await?;
        Ok((own, self.bus.subscribe(ALL).await?))
    }

    /// Tells all replicas that a client cancelled a call of its session.
    pub(crate) async fn cancelled(&self, session: &str, id_json: &str) {
        let (session, id_json) = (session.to_owned(), id_json.to_owned());
        self.tell_all(&Word::Cancelled { session, id_json }).await;
    }

    /// Tells all replicas what a client in a session wants to hear of.
    pub(crate) async fn wants(&self, session: &str, change: Change) {
        let (from, session) = (self.own().0, session.to_owned());
        self.tell_all(&Word::Wants { from, session, change }).await;
    }

    async fn tell_all(&self, word: &Word) {
        if let Err(error) = self.say(ALL, word, &[]).await {
            tracing::warn!(%error, "other replicas cannot be told what a client said");
        }
    }

    async fn say(&self, topic: &str, word: &Word, body: &[u8]) -> Result<(), PortError> {
        let sealed = words::seal(self.sealer.as_ref(), topic, word, body)?;
        self.bus.publish(topic, sealed).await
    }

    async fn tell(&self, whom: ReplicaId, word: &Word, body: &[u8]) -> Result<(), PortError> {
        self.say(&topic(whom), word, body).await
    }

    /// Whether a replica is there; one that cannot be asked for is believed to be.
    async fn lives(&self, replica: ReplicaId) -> bool {
        match self.bus.live_replicas().await {
            Ok(live) => live.contains(&replica),
            Err(_) => true,
        }
    }

    /// Takes what another replica said.
    fn take(self: &Arc<Self>, exchange: &Exchange, topic: &str, sealed: &[u8]) {
        let Some((word, body)) = words::open(self.sealer.as_ref(), topic, sealed) else {
            tracing::warn!("what was said on the bus was not said by a replica of this deployment");
            return;
        };
        match self.of_answers(word, body) {
            Some((Word::Hand(handed), body)) => here::begin(self, exchange, *handed, body),
            Some((Word::Cancelled { session, id_json }, _)) => {
                exchange.active.cancel_in_session(&session, &id_json);
            }
            Some((Word::Wants { from, session, change }, _)) if from != self.own().0 => {
                heard(exchange, &session, &change);
            }
            _ => {}
        }
    }

    /// Takes what is about answers on their way, and leaves the rest.
    fn of_answers(&self, word: Word, body: Bytes) -> Option<(Word, Bytes)> {
        match word {
            Word::Head { call, .. }
            | Word::Part { call, .. }
            | Word::End { call, .. }
            | Word::Broke { call, .. }
            | Word::Alive { call, .. } => {
                let waits = self.waiting.lock().get(&call).cloned()?;
                // The places of parts are kept for parts: who is so far behind knows that it lives.
                let is_needless = matches!(word, Word::Alive { .. }) && waits.capacity() <= AHEAD;
                if !is_needless {
                    // There is room for as many parts as may be on their way.
                    let _ = waits.try_send((word, body));
                }
                None
            }
            Word::Read { call, number } => {
                self.reader(call, |reader| reader.has_read = reader.has_read.max(number));
                None
            }
            Word::Gone { call } => {
                self.reader(call, |reader| reader.is_gone = true);
                None
            }
            word => Some((word, body)),
        }
    }

    fn reader(&self, call: Uuid, note: impl FnOnce(&mut Reader)) {
        if let Some(reader) = self.reading.lock().get(&call) {
            reader.send_modify(note);
        }
    }
}

/// Where one replica listens.
fn topic(replica: ReplicaId) -> String {
    format!("exchange.to.{replica}")
}

/// Notes what a client in a session told another replica.
fn heard(exchange: &Exchange, session: &str, change: &Change) {
    let Some(sessions) = &exchange.client_sessions else { return };
    sessions.heard(session, change);
    match change {
        Change::Subscribes(server, uri) => {
            exchange.followers.want_in_session(*server, session, uri);
        }
        Change::Unsubscribes(server, uri) => {
            exchange.followers.unwant_in_session(*server, session, uri);
        }
        Change::HearsFrom(_) => {}
    }
}

#[cfg(test)]
mod tests;
