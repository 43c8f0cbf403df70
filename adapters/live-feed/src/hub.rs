//! From one to many: what is published reaches every client that asked for its topic and may see
//! it, in the order in which it was published.
//!
//! Each client has a bounded queue. Publishing never waits: who is so slow that their queue is full
//! is dropped, and hurts nobody else.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use registry_domain::event::EventSeq;
use registry_domain::id::ServerId;
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::frame::Frame;
use crate::topic::{Topic, Topics};
use crate::viewer::{Sight, Viewer};

/// The hub's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubLimits {
    /// Clients at a time.
    pub clients: usize,
    /// Clients of one person, or of one address without a token, at a time.
    pub of_one: usize,
    /// Frames that wait for one client.
    pub queue: usize,
}

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) topics: Topics,
    /// Only what is about this server.
    pub(crate) server: Option<ServerId>,
}

impl Interest {
    pub(crate) fn wants(&self, frame: &Frame) -> bool {
        match self.server {
            None => self.topics.contains(frame.topic),
            // Who watches a server is told of its end too.
            Some(server) => {
                let is_about = frame.topic == Topic::Health || frame.kind == "server_deleted";
                is_about && frame.server == Some(server)
            }
        }
    }
}

/// Why nobody more is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many clients as may be are there.
    Full,
    /// This one has as many as one may have.
    TooManyOfOne,
    /// The process ends.
    Stopping,
}

/// One process's clients.
pub struct Hub {
    limits: HubLimits,
    inside: Mutex<Inside>,
    /// What the clients want, all together: read without the lock, written under it.
    wanted: AtomicU8,
    /// Tells that a client has taken a frame.
    taken: Notify,
    stop: CancellationToken,
}

struct Inside {
    position: EventSeq,
    next_key: u64,
    clients: HashMap<u64, Client>,
    /// Clients by whose they are, also those that were dropped and are not gone yet.
    of_whom: HashMap<String, usize>,
    places: usize,
    /// How the product was doing when it was last asked.
    system: Option<Arc<Frame>>,
}

struct Client {
    viewer: Arc<Viewer>,
    interest: Interest,
    queue: Sender<Arc<Frame>>,
    slow: CancellationToken,
}

impl Hub {
    /// A hub without clients, at a position of the event log.
    pub fn new(limits: HubLimits, position: EventSeq) -> Self {
        let inside = Inside {
            position,
            next_key: 0,
            clients: HashMap::new(),
            of_whom: HashMap::new(),
            places: 0,
            system: None,
        };
        Self {
            limits,
            inside: Mutex::new(inside),
            wanted: AtomicU8::new(0),
            taken: Notify::new(),
            stop: CancellationToken::new(),
        }
    }

    /// The position of the newest event that was published.
    pub fn position(&self) -> EventSeq {
        self.inside.lock().position
    }

    /// Notes that everything up to a position was published, or is not told.
    pub(crate) fn advance(&self, to: EventSeq) {
        let mut inside = self.inside.lock();
        inside.position = inside.position.max(to);
    }

    /// Gives a frame to every client that wants it and may see it.
    pub fn publish(&self, frame: Frame) {
        let frame = Arc::new(frame);
        let mut inside = self.inside.lock();
        if frame.kind == "system_health" {
            inside.system = Some(Arc::clone(&frame));
        }
        if let Some(seq) = frame.seq {
            inside.position = inside.position.max(seq);
        }
        let before = inside.clients.len();
        inside.clients.retain(|_, client| client.give(&frame));
        if inside.clients.len() < before {
            self.note_wanted(&inside);
        }
    }

    fn note_wanted(&self, inside: &Inside) {
        let all = Topics::default();
        let all = inside.clients.values().fold(all, |all, client| all.and(client.interest.topics));
        self.wanted.store(all.bits(), Ordering::Release);
    }

    /// Whether anybody listens to a topic.
    pub fn has_listeners(&self, topic: Topic) -> bool {
        Topics::from_bits(self.wanted.load(Ordering::Acquire)).contains(topic)
    }

    /// Those who listen to a topic, one for each sight: what one of them is told is told to all who
    /// have the same.
    pub(crate) fn sights(&self, topic: Topic) -> HashMap<Sight, Arc<Viewer>> {
        let inside = self.inside.lock();
        let clients = inside.clients.values();
        let listening = clients.filter(|client| client.interest.topics.contains(topic));
        listening.map(|client| (client.viewer.sight(), Arc::clone(&client.viewer))).collect()
    }

    /// Returns once all who listen to a topic have room for so many frames, or had time enough to
    /// make it: what comes in crowds is told no faster than it is heard.
    pub(crate) async fn room(&self, topic: Topic, frames: usize, patience: Duration) {
        let made = async {
            loop {
                let taken = self.taken.notified();
                if self.has_room(topic, frames) {
                    return;
                }
                taken.await;
            }
        };
        // Who has none by then is too slow, and is dropped for it.
        let _: Result<(), _> = timeout(patience, made).await;
    }

    fn has_room(&self, topic: Topic, frames: usize) -> bool {
        let inside = self.inside.lock();
        let clients = inside.clients.values();
        clients
            .filter(|client| client.interest.topics.contains(topic))
            .all(|client| client.queue.capacity() >= frames.min(client.queue.max_capacity()))
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.inside.lock().places
    }

    /// Forgets how the product was doing, when nobody asks any more.
    pub fn forget_system(&self) {
        self.inside.lock().system = None;
    }

    pub(crate) fn system(&self) -> Option<Arc<Frame>> {
        self.inside.lock().system.clone()
    }

    /// Lets all clients go, and nobody in: the process ends.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Lets a client in. It is given every frame that is published after this returns.
    pub(crate) fn join(
        self: &Arc<Self>,
        whose: String,
        viewer: Arc<Viewer>,
        interest: Interest,
    ) -> Result<Subscription, Refused> {
        if self.stop.is_cancelled() {
            return Err(Refused::Stopping);
        }
        let (queue, frames) = mpsc::channel(self.limits.queue.max(1));
        let slow = CancellationToken::new();
        let mut inside = self.inside.lock();
        if inside.places >= self.limits.clients {
            return Err(Refused::Full);
        }
        let theirs = inside.of_whom.entry(whose.clone()).or_default();
        if *theirs >= self.limits.of_one {
            return Err(Refused::TooManyOfOne);
        }
        *theirs += 1;
        inside.places += 1;
        let key = inside.next_key;
        inside.next_key = key.wrapping_add(1);
        inside.clients.insert(key, Client { viewer, interest, queue, slow: slow.clone() });
        let joined_at = inside.position;
        self.note_wanted(&inside);
        drop(inside);
        Ok(Subscription { hub: Arc::clone(self), key, whose, frames, slow, joined_at })
    }
}

impl Client {
    /// Gives a frame; answers whether the client can stay.
    fn give(&self, frame: &Arc<Frame>) -> bool {
        if !self.interest.wants(frame) || self.viewer.view(frame).is_none() {
            return true;
        }
        match self.queue.try_send(Arc::clone(frame)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.slow.cancel();
                tracing::info!("a live client was too slow and is dropped");
                false
            }
            Err(TrySendError::Closed(_)) => false,
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Hub").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What a client hears next.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    /// A frame.
    Frame(Arc<Frame>),
    /// Nothing more: the client was too slow.
    Dropped,
    /// Nothing more: the process ends.
    Stopped,
}

/// A client's place; dropping it makes the place free.
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    key: u64,
    whose: String,
    frames: Receiver<Arc<Frame>>,
    slow: CancellationToken,
    joined_at: EventSeq,
}

impl Subscription {
    /// The position of the newest event that is not going to be in the queue.
    pub(crate) const fn joined_at(&self) -> EventSeq {
        self.joined_at
    }

    /// The next frame, or why there is none any more.
    pub(crate) async fn next(&mut self) -> Heard {
        let Self { hub, slow, frames, .. } = self;
        tokio::select! {
            biased;
            () = hub.stop.cancelled() => Heard::Stopped,
            () = slow.cancelled() => Heard::Dropped,
            frame = frames.recv() => {
                hub.taken.notify_waiters();
                frame.map_or(Heard::Dropped, Heard::Frame)
            }
        }
    }

    /// Returns with the reason when there are no frames any more, whatever is in the queue.
    pub(crate) async fn ended(&self) -> Heard {
        tokio::select! {
            biased;
            () = self.hub.stop.cancelled() => Heard::Stopped,
            () = self.slow.cancelled() => Heard::Dropped,
        }
    }

    /// Wants something else from now on.
    pub(crate) fn want(&self, interest: Interest) {
        let mut inside = self.hub.inside.lock();
        if let Some(client) = inside.clients.get_mut(&self.key) {
            client.interest = interest;
            self.hub.note_wanted(&inside);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut inside = self.hub.inside.lock();
        inside.clients.remove(&self.key);
        self.hub.note_wanted(&inside);
        inside.places = inside.places.saturating_sub(1);
        if let Some(theirs) = inside.of_whom.get_mut(&self.whose) {
            *theirs = theirs.saturating_sub(1);
            if *theirs == 0 {
                inside.of_whom.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
