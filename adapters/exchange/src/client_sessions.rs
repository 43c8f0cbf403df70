//! Sessions that the gateway keeps with clients of the revisions with a handshake.
//!
//! A session says what never changes: whose it is, and what its client can be asked. It lies in the
//! session store, so that every replica knows it, and in the process for a while. So does what its
//! client wants to hear of (`client_sessions/wants.rs`); replicas tell each other of changes. The
//! questions of servers that wait for the client are the process's own: they name it.

mod wants;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
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
use tokio::sync::{oneshot, watch};

pub(crate) use wants::Change;
use wants::Wants;

/// How long a session is good for.
const HOLDS: Duration = Duration::from_hours(24);
/// How long the process believes what it knows: a session that another replica ended ends here too.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(60);
/// The most sessions that the process knows at once; others are read again.
const MOST_KNOWN: usize = 20_000;
/// The most questions that may wait for one client.
const MOST_ASKS: usize = 32;

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
    /// What it wants to hear of.
    wants: Mutex<Wants>,
    /// Counts the changes of it.
    changes: watch::Sender<u64>,
    /// The resources that it told servers of through this process.
    told_here: Mutex<BTreeSet<(ServerId, String)>>,
    known_at_us: AtomicI64,
    /// Whether something that it wants may have been said that this process did not hear.
    is_doubtful: AtomicBool,
}

impl ClientSession {
    fn of(
        id: &str,
        (whose, capabilities): (Owner, String),
        wants: Wants,
        now: Timestamp,
    ) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            whose,
            capabilities,
            asks: Mutex::default(),
            wants: Mutex::new(wants),
            changes: watch::Sender::new(0),
            told_here: Mutex::default(),
            known_at_us: AtomicI64::new(now.as_microsecond()),
            is_doubtful: AtomicBool::new(false),
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

    /// The least log level that the client wants to hear of, where it named one.
    pub(crate) fn log_level(&self) -> Option<String> {
        self.wants.lock().log_level()
    }

    /// The resources of a server that the client wants to hear of.
    pub(crate) fn subscribed(&self, server: ServerId) -> Vec<String> {
        self.wants.lock().subscribed(server)
    }

    /// All resources that the client wants to hear of, by server.
    pub(crate) fn subscribed_by_server(&self) -> BTreeMap<ServerId, Vec<String>> {
        self.wants.lock().by_server()
    }

    /// Hears when the client wants something else.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The resources of a server that the client itself told the server of, in this process.
    pub(crate) fn told_here(&self, server: ServerId) -> Vec<String> {
        let all = self.told_here.lock();
        all.iter().filter(|(of, _)| *of == server).map(|(_, uri)| uri.clone()).collect()
    }

    /// Notes what the client told a server through this process.
    fn tells(&self, change: &Change) {
        match change {
            Change::Subscribes(server, uri) => {
                self.told_here.lock().insert((*server, uri.clone()));
            }
            Change::Unsubscribes(server, uri) => {
                self.told_here.lock().remove(&(*server, uri.clone()));
            }
            Change::HearsFrom(_) => {}
        }
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
        self.know(ClientSession::of(&id, (whose, kept.capabilities), Wants::default(), now));
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
                if session.is_doubtful.swap(false, Ordering::AcqRel) {
                    *session.wants.lock() = self.wanted(id).await?;
                }
                session.known_at_us.store(now.as_microsecond(), Ordering::Relaxed);
                Ok(session)
            }
            (Some(kept), None) => {
                let session = ClientSession::of(id, kept, self.wanted(id).await?, now);
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
        self.store.take(&wants_key(id)).await.map_err(|error| away(&error))?;
        self.known.write().remove(id);
        Ok(())
    }

    /// Notes what the client of a session says that it wants to hear of, for all replicas; `false`
    /// when it wants too much.
    ///
    /// # Errors
    /// 503 without the store.
    pub(crate) async fn note(
        &self,
        session: &ClientSession,
        change: &Change,
    ) -> Result<bool, WireError> {
        // What the store has, since another replica may have noted something a moment ago.
        let mut wants = self.wanted(&session.id).await?;
        if !wants.note(change) {
            return Ok(false);
        }
        if let Ok(value) = serde_json::to_vec(&wants) {
            let kept = self.store.put(&wants_key(&session.id), Bytes::from(value), HOLDS).await;
            kept.map_err(|error| away(&error))?;
        }
        session.tells(change);
        *session.wants.lock() = wants;
        session.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        Ok(true)
    }

    /// Notes what another replica noted.
    pub(crate) fn heard(&self, session: &str, change: &Change) {
        let known = self.known.read().get(session).cloned();
        if let Some(session) = known {
            session.wants.lock().note(change);
            session.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// What other replicas noted may not have been heard: it is read again.
    pub(crate) fn doubt(&self) {
        for session in self.known.read().values() {
            session.is_doubtful.store(true, Ordering::Release);
            session.known_at_us.store(i64::MIN, Ordering::Relaxed);
        }
    }

    async fn wanted(&self, id: &str) -> Result<Wants, WireError> {
        let kept = self.store.find(&wants_key(id)).await.map_err(|error| away(&error))?;
        let wants = kept.and_then(|value| serde_json::from_slice(&value).ok());
        Ok(wants.unwrap_or_default())
    }

    fn know(&self, session: Arc<ClientSession>) {
        let mut known = self.known.write();
        if known.len() >= MOST_KNOWN {
            // Who waits for an answer, or for news, is kept; the rest is read again.
            known.retain(|_, session| {
                !session.asks.lock().is_empty() || !session.wants.lock().is_empty()
            });
        }
        known.insert(session.id.clone(), session);
    }
}

fn key(id: &str) -> String {
    format!("mcp-session:{id}")
}

fn wants_key(id: &str) -> String {
    format!("mcp-session-wants:{id}")
}

fn away(error: &PortError) -> WireError {
    tracing::warn!(%error, "a session cannot be read");
    WireError::unavailable("sessions cannot be read right now; try again later")
}
