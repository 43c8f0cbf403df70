//! Sessions that the gateway keeps with clients of the revisions with a handshake.
//!
//! A session says what never changes: whose it is, and what its client can be asked. It lies in the
//! session store, so that every replica knows it, and in the process for a while. What is under
//! way in it (questions of servers to the client, resources that it hears of) is the process's own.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use mcp_wire::WireError;
use parking_lot::{Mutex, RwLock};
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::party::Party;
use registry_domain::ports::{Ids, OpenedUpstream, PortError, SessionStore};
use registry_domain::routing::ServerEntry;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// How long a session is good for.
const HOLDS: Duration = Duration::from_hours(24);
/// How long the process believes what it knows: a session that another replica ended ends here too.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(60);
/// The most sessions that the process knows at once; others are read again.
const MOST_KNOWN: usize = 20_000;
/// The most questions that may wait for one client.
const MOST_ASKS: usize = 32;

/// The most resources that one client hears of.
const MOST_SUBSCRIBED: usize = 1_000;

/// As the store keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    whose: String,
    capabilities: String,
}

/// Whose a session is. In the store it is one text, so written that no two parties are written alike.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner(Option<String>, String);

impl Owner {
    fn of(party: &Party) -> Self {
        Self(party.tenant().map(ToString::to_string), party.subject().to_owned())
    }

    fn is(&self, party: &Party) -> bool {
        self.0.as_deref() == party.tenant().map(TenantId::as_str) && self.1 == party.subject()
    }
}

/// A question that the client has not answered yet: who waits for the answer.
pub(crate) enum Ask {
    /// A server with a handshake.
    OfServer {
        server: Permit<Arc<ServerEntry>>,
        upstream: Arc<OpenedUpstream>,
        /// What opens the server, as for the call.
        credential: Option<Arc<Credential>>,
        /// The id by which the server knows it, as JSON.
        id_json: String,
    },
    /// A call of ours, which a modern server answered with the question.
    OfCall(oneshot::Sender<Bytes>),
}

/// A session.
pub(crate) struct ClientSession {
    pub(crate) id: String,
    whose: Owner,
    /// What servers are told that the client can be asked, as a JSON object.
    pub(crate) capabilities: String,
    asks: Mutex<HashMap<String, Ask>>,
    /// Resources of servers of which it wants to hear.
    subscribed: Mutex<BTreeSet<(ServerId, String)>>,
    /// The least log level that it wants to hear of, where it named one.
    log_level: Mutex<Option<String>>,
    known_at_us: AtomicI64,
}

impl ClientSession {
    fn of(id: &str, (whose, capabilities): (Owner, String), now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            whose,
            capabilities,
            asks: Mutex::default(),
            subscribed: Mutex::default(),
            log_level: Mutex::default(),
            known_at_us: AtomicI64::new(now.as_microsecond()),
        })
    }

    /// Whether its client can be asked anything.
    pub(crate) fn can_be_asked(&self) -> bool {
        self.capabilities != "{}"
    }

    /// Keeps a question until it is answered under `id_json`; `false` when too many wait.
    pub(crate) fn asks(&self, id_json: String, ask: Ask) -> bool {
        let mut asks = self.asks.lock();
        let has_room = asks.len() < MOST_ASKS;
        if has_room {
            asks.insert(id_json, ask);
        }
        has_room
    }

    /// The question that a response answers; each is answered once.
    pub(crate) fn answered(&self, id_json: &str) -> Option<Ask> {
        self.asks.lock().remove(id_json)
    }

    /// Forgets questions that nobody waits for any more.
    pub(crate) fn forget(&self, ids: &[String]) {
        let mut asks = self.asks.lock();
        for id in ids {
            asks.remove(id);
        }
    }

    /// Notes the least log level that the client wants to hear of.
    pub(crate) fn hears_from(&self, level: String) {
        *self.log_level.lock() = Some(level);
    }

    /// The least log level that the client wants to hear of, where it named one.
    pub(crate) fn log_level(&self) -> Option<String> {
        self.log_level.lock().clone()
    }

    /// Notes a resource that the client wants to hear of; `false` when there are too many.
    pub(crate) fn subscribes(&self, server: ServerId, uri: &str) -> bool {
        let mut subscribed = self.subscribed.lock();
        let has_room = subscribed.len() < MOST_SUBSCRIBED;
        if has_room {
            subscribed.insert((server, uri.to_owned()));
        }
        has_room
    }

    /// Notes that the client wants to hear of a resource no more.
    pub(crate) fn unsubscribes(&self, server: ServerId, uri: &str) {
        self.subscribed.lock().remove(&(server, uri.to_owned()));
    }

    /// The resources of a server that the client wants to hear of.
    pub(crate) fn subscribed(&self, server: ServerId) -> Vec<String> {
        let all = self.subscribed.lock();
        all.iter().filter(|(of, _)| *of == server).map(|(_, uri)| uri.clone()).collect()
    }

    fn knows(&self, now: Timestamp) -> bool {
        let since = Timestamp::from_microsecond(self.known_at_us.load(Ordering::Relaxed));
        since.is_ok_and(|since| now.duration_since(since) < KNOWN_FOR)
    }
}

/// All sessions.
pub(crate) struct ClientSessions {
    store: Arc<dyn SessionStore>,
    known: RwLock<HashMap<String, Arc<ClientSession>>>,
}

impl std::fmt::Debug for ClientSessions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ClientSessions").finish_non_exhaustive()
    }
}

impl ClientSessions {
    pub(crate) fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { store, known: RwLock::default() }
    }

    /// Begins a session. Without the store there is none: the client goes on without, as every
    /// revision allows.
    pub(crate) async fn begin(
        &self,
        party: &Party,
        capabilities: String,
        ids: &dyn Ids,
        now: Timestamp,
    ) -> Option<String> {
        let id = format!("{}{}", ids.next().simple(), ids.next().simple());
        let whose = Owner::of(party);
        let kept = Kept { whose: serde_json::to_string(&whose).ok()?, capabilities };
        let value = serde_json::to_vec(&kept).ok()?;
        if let Err(error) = self.store.put(&key(&id), Bytes::from(value), HOLDS).await {
            tracing::warn!(%error, "a client begins without a session: none can be kept");
            return None;
        }
        self.know(ClientSession::of(&id, (whose, kept.capabilities), now));
        Some(id)
    }

    /// A party's session.
    ///
    /// # Errors
    /// 404 for one that is not there, or is somebody else's; 503 without the store.
    pub(crate) async fn find(
        &self,
        id: &str,
        party: &Party,
        now: Timestamp,
    ) -> Result<Arc<ClientSession>, WireError> {
        let known = self.known.read().get(id).cloned();
        let session = match known {
            Some(session) if session.knows(now) => session,
            known => self.read(id, known, now).await?,
        };
        if session.whose.is(party) { Ok(session) } else { Err(WireError::unknown_session()) }
    }

    async fn read(
        &self,
        id: &str,
        known: Option<Arc<ClientSession>>,
        now: Timestamp,
    ) -> Result<Arc<ClientSession>, WireError> {
        let kept = self.store.find(&key(id)).await.map_err(|error| away(&error))?;
        let kept = kept.and_then(|value| serde_json::from_slice::<Kept>(&value).ok());
        let kept = kept.and_then(|Kept { whose, capabilities }| {
            Some((serde_json::from_str::<Owner>(&whose).ok()?, capabilities))
        });
        match (kept, known) {
            (Some(_), Some(session)) => {
                session.known_at_us.store(now.as_microsecond(), Ordering::Relaxed);
                Ok(session)
            }
            (Some(kept), None) => {
                let session = ClientSession::of(id, kept, now);
                self.know(Arc::clone(&session));
                Ok(session)
            }
            (None, _) => {
                self.known.write().remove(id);
                Err(WireError::unknown_session())
            }
        }
    }

    /// Ends a party's session.
    ///
    /// # Errors
    /// As [`ClientSessions::find`].
    pub(crate) async fn end(
        &self,
        id: &str,
        party: &Party,
        now: Timestamp,
    ) -> Result<(), WireError> {
        self.find(id, party, now).await?;
        self.store.take(&key(id)).await.map_err(|error| away(&error))?;
        self.known.write().remove(id);
        Ok(())
    }

    fn know(&self, session: Arc<ClientSession>) {
        let mut known = self.known.write();
        if known.len() >= MOST_KNOWN {
            // Who waits for an answer, or for news, is kept; the rest is read again.
            known.retain(|_, session| {
                !session.asks.lock().is_empty() || !session.subscribed.lock().is_empty()
            });
        }
        known.insert(session.id.clone(), session);
    }
}

fn key(id: &str) -> String {
    format!("mcp-session:{id}")
}

fn away(error: &PortError) -> WireError {
    tracing::warn!(%error, "a session cannot be read");
    WireError::unavailable("sessions cannot be read right now; try again later")
}
