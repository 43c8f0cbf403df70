//! Which era each upstream speaks, and the legacy sessions that we hold with it.
//!
//! An upstream is opened once and remembered. One that gives out sessions gets a session per
//! principal, or per session of the client where it has one: what a server remembers about one
//! person must never show up for another.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use mcp_wire::asking::capabilities_of_request;
use parking_lot::RwLock;
use registry_domain::credential::Credential;
use registry_domain::id::ServerId;
use registry_domain::party::{Party, Principal};
use registry_domain::ports::{Dial, OpenedUpstream, Upstream, UpstreamEra, UpstreamFailure};
use registry_domain::routing::ServerEntry;
use serde_json::value::RawValue;

use crate::client_sessions::ClientSession;

/// How long a verdict on an upstream's era holds. A stale *modern* one fails loudly and is
/// forgotten; a stale *legacy* one would never be noticed, so it ends by itself.
const LEGACY_VERDICT_HOLDS: SignedDuration = SignedDuration::from_mins(10);

/// Sessions that nobody used for this long are forgotten first.
const IDLE: SignedDuration = SignedDuration::from_mins(30);

/// The most sessions that are held at once.
const MOST_SESSIONS: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// The upstream keeps no session: everybody shares what we know about it.
    Shared(ServerId),
    /// The upstream keeps sessions: this principal's, of clients that can be asked the same.
    Own(ServerId, Principal, Box<str>),
    /// The upstream keeps sessions, and the client has one: that one's.
    OfClient(ServerId, String),
}

/// The client on whose behalf an upstream is called.
#[derive(Clone, Copy)]
pub(crate) enum Behind<'a> {
    /// One with a session.
    Session(&'a ClientSession),
    /// One without; its request may say what it can be asked.
    Request(Option<&'a RawValue>),
}

impl Behind<'_> {
    /// What a server is told that it can be asked, as a JSON object; empty if that is nothing.
    pub(crate) fn capabilities(self) -> String {
        match self {
            Self::Session(session) => session.capabilities.clone(),
            Self::Request(raw) => capabilities_of_request(raw),
        }
    }
}

#[derive(Debug)]
struct Known {
    upstream: Arc<OpenedUpstream>,
    at: Timestamp,
}

#[derive(Debug, Default)]
struct Slot {
    known: ArcSwapOption<Known>,
    /// Who holds it opens the upstream; it remembers how the last try failed.
    opening: tokio::sync::Mutex<Option<UpstreamFailure>>,
    failed_tries: AtomicU64,
    used_at_us: AtomicI64,
}

/// Who has an upstream opened.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) party: &'a Party,
    pub(crate) behind: Behind<'a>,
    /// What the upstream is shown for them.
    pub(crate) credential: Option<&'a Credential>,
}

/// What is known about upstreams.
#[derive(Debug, Default)]
pub struct UpstreamSessions {
    slots: RwLock<HashMap<Key, Arc<Slot>>>,
    sessionful: RwLock<HashSet<ServerId>>,
}

impl UpstreamSessions {
    /// What we know about the party's upstream; opens it if nothing is known. Of many callers at
    /// once, one opens and the others wait for it: for its success as for its failure.
    pub(crate) async fn open(
        &self,
        client: &dyn Upstream,
        server: &ServerEntry,
        who: Who<'_>,
        now: Timestamp,
    ) -> Result<Arc<OpenedUpstream>, UpstreamFailure> {
        let Who { party, behind, .. } = who;
        loop {
            let key = self.key(server, party, behind);
            let slot = self.slot(key.clone(), now);
            if let Some(upstream) = fresh(&slot, now) {
                return Ok(upstream);
            }
            let failed_before = slot.failed_tries.load(Ordering::Relaxed);
            let mut last_failure = slot.opening.lock().await;
            if self.key(server, party, behind) != key {
                // Who opened it meanwhile found out that it keeps sessions: look among our own.
                continue;
            }
            if let Some(upstream) = fresh(&slot, now) {
                return Ok(upstream);
            }
            if slot.failed_tries.load(Ordering::Relaxed) != failed_before
                && let Some(failure) = &*last_failure
            {
                // A try failed while we waited for it. Trying again one after another, each caller
                // would wait for the failures of all before it.
                return Err(failure.clone());
            }
            let upstream = match open(client, server, who).await {
                Ok(upstream) => Arc::new(upstream),
                Err(failure) => {
                    // Whatever was sent, the call itself was not.
                    let failure = UpstreamFailure { request_sent: false, ..failure };
                    slot.failed_tries.fetch_add(1, Ordering::Relaxed);
                    *last_failure = Some(failure.clone());
                    return Err(failure);
                }
            };
            let known = Some(Arc::new(Known { upstream: Arc::clone(&upstream), at: now }));
            if upstream.session.is_some() {
                // Possibly found out only now: the session is the caller's own, not everybody's.
                self.sessionful.write().insert(server.id);
                self.slot(self.key(server, party, behind), now).known.store(known);
            } else {
                slot.known.store(known);
            }
            return Ok(upstream);
        }
    }

    /// Forgets what turned out to be no longer true, unless somebody has already replaced it.
    pub(crate) fn forget(
        &self,
        server: &ServerEntry,
        party: &Party,
        behind: Behind<'_>,
        stale: &Arc<OpenedUpstream>,
    ) {
        let key = self.key(server, party, behind);
        let mut slots = self.slots.write();
        let is_stale = slots
            .get(&key)
            .and_then(|slot| slot.known.load_full())
            .is_some_and(|known| Arc::ptr_eq(&known.upstream, stale));
        if is_stale {
            slots.remove(&key);
            if stale.session.is_none() {
                self.sessionful.write().remove(&server.id);
            }
        }
    }

    fn key(&self, server: &ServerEntry, party: &Party, behind: Behind<'_>) -> Key {
        let is_sessionful = self.sessionful.read().contains(&server.id);
        if !is_sessionful && !fares_apart(server, party) {
            return Key::Shared(server.id);
        }
        match behind {
            Behind::Session(session) if is_sessionful => {
                Key::OfClient(server.id, session.id.clone())
            }
            _ => Key::Own(server.id, party.principal(), behind.capabilities().into()),
        }
    }

    fn slot(&self, key: Key, now: Timestamp) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().get(&key) {
            slot.used_at_us.store(now.as_microsecond(), Ordering::Relaxed);
            return Arc::clone(slot);
        }
        let mut slots = self.slots.write();
        if slots.len() >= MOST_SESSIONS {
            make_room(&mut slots, now);
        }
        let slot = slots.entry(key).or_default();
        slot.used_at_us.store(now.as_microsecond(), Ordering::Relaxed);
        Arc::clone(slot)
    }
}

async fn open(
    client: &dyn Upstream,
    server: &ServerEntry,
    who: Who<'_>,
) -> Result<OpenedUpstream, UpstreamFailure> {
    let dial = Dial { endpoint: &server.endpoint, credential: who.credential };
    match who.behind.capabilities() {
        none if none.is_empty() => client.open(dial).await,
        capabilities => client.open_for(dial, &capabilities).await,
    }
}

/// Whether what one finds is not what others find: where each is shown with a token of their own, and
/// for those who may not use what opens the server.
fn fares_apart(server: &ServerEntry, party: &Party) -> bool {
    server.credential.as_ref().is_some_and(|credential| {
        credential.is_personal() || server.credential_for(party).is_none()
    })
}

fn fresh(slot: &Slot, now: Timestamp) -> Option<Arc<OpenedUpstream>> {
    let known = slot.known.load();
    let known = known.as_ref()?;
    let holds = known.upstream.era == UpstreamEra::Modern
        || known.upstream.session.is_some()
        || now.duration_since(known.at) < LEGACY_VERDICT_HOLDS;
    holds.then(|| Arc::clone(&known.upstream))
}

/// Drops what is idle; if nothing is, what was used longest ago.
fn make_room(slots: &mut HashMap<Key, Arc<Slot>>, now: Timestamp) {
    let idle_before = now.checked_sub(IDLE).map_or(i64::MIN, Timestamp::as_microsecond);
    let before = slots.len();
    slots.retain(|_, slot| slot.used_at_us.load(Ordering::Relaxed) >= idle_before);
    if slots.len() == before {
        let oldest = slots
            .iter()
            .min_by_key(|(_, slot)| slot.used_at_us.load(Ordering::Relaxed))
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            slots.remove(&key);
        }
    }
}
