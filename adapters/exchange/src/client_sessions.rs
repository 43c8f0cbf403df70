//! Sessions that the gateway keeps with clients of the revisions with a handshake.
//!
//! A session says what never changes: whose it is, and what its client can be asked. It lies in the
//! session store, so that every replica knows it, and in the process for a while. What is under
//! way in it (questions of servers to the client) is the process's own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use mcp_wire::WireError;
use parking_lot::{Mutex, RwLock};
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::party::Party;
use registry_domain::ports::{Ids, OpenedUpstream, PortError, SessionStore};
use registry_domain::routing::ServerEntry;
use serde::{Deserialize, Serialize};

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

/// A question of a server that the client has not answered yet.
pub(crate) struct Ask {
    pub(crate) server: Permit<Arc<ServerEntry>>,
    pub(crate) upstream: Arc<OpenedUpstream>,
    /// What opens the server, as for the call.
    pub(crate) credential: Option<Arc<Credential>>,
    /// The id by which the server knows it, as JSON.
    pub(crate) id_json: String,
}

/// A session.
pub(crate) struct ClientSession {
    pub(crate) id: String,
    whose: String,
    /// What servers are told that the client can be asked, as a JSON object.
    pub(crate) capabilities: String,
    asks: Mutex<HashMap<String, Ask>>,
    known_at_us: AtomicI64,
}

impl ClientSession {
    fn of(id: &str, kept: Kept, now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            whose: kept.whose,
            capabilities: kept.capabilities,
            asks: Mutex::default(),
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
        let kept = Kept { whose: whose(party), capabilities };
        let value = serde_json::to_vec(&kept).ok()?;
        if let Err(error) = self.store.put(&key(&id), Bytes::from(value), HOLDS).await {
            tracing::warn!(%error, "a client begins without a session: none can be kept");
            return None;
        }
        self.know(ClientSession::of(&id, kept, now));
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
        if session.whose == whose(party) { Ok(session) } else { Err(WireError::unknown_session()) }
    }

    async fn read(
        &self,
        id: &str,
        known: Option<Arc<ClientSession>>,
        now: Timestamp,
    ) -> Result<Arc<ClientSession>, WireError> {
        let kept = self.store.find(&key(id)).await.map_err(|error| away(&error))?;
        let kept = kept.and_then(|value| serde_json::from_slice::<Kept>(&value).ok());
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
            // Who waits for an answer is kept; the rest is read again.
            known.retain(|_, session| !session.asks.lock().is_empty());
        }
        known.insert(session.id.clone(), session);
    }
}

/// Tenant and subject, so written that no two parties are written alike.
fn whose(party: &Party) -> String {
    let tenant = party.tenant().map(registry_domain::id::TenantId::as_str);
    serde_json::json!([tenant, party.subject()]).to_string()
}

fn key(id: &str) -> String {
    format!("mcp-session:{id}")
}

fn away(error: &PortError) -> WireError {
    tracing::warn!(%error, "a session cannot be read");
    WireError::unavailable("sessions cannot be read right now; try again later")
}
