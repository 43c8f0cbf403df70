//! Exchanges with servers of the handshake that wait for an answer of a modern client.
//!
//! Such a server asks in the middle of its answer; such a client is asked by a result, which ends
//! its call, and answers by calling again. In between the server's stream is parked here, and what
//! the client brings back is a sealed text that names it. Nothing of the exchange is in that text:
//! it lives in this process and ends with it, or after a while, and then the server is told. Where
//! the client comes back to another replica, the text says which one has it (`replicas.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use mcp_wire::asking::Question;
use mcp_wire::params::CallParams;
use mcp_wire::sse::FrameSplitter;
use mcp_wire::{Envelope, WireError};
use metrics::Gauge;
use parking_lot::Mutex;
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::id::ServerId;
use registry_domain::manifest::Digest;
use registry_domain::party::{Party, Principal};
use registry_domain::ports::{Ids, OpenedUpstream, Purpose, ReplicaId, ReplyBody, Sealer};
use registry_domain::routing::ServerEntry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::cancel_notice::CancelNotice;

/// The most exchanges that are parked in one process, and for one person.
const MOST: usize = 1_024;
const MOST_OF_ONE: usize = 32;

/// Whose exchange it is, and what was called: who comes back has to say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) whose: Principal,
    pub(crate) server: ServerId,
    /// Of the method and of what it was called with.
    pub(crate) call: Digest,
}

impl Bound {
    /// That of a call of a server: of its method, its name or URI, and its arguments. What a retry
    /// may change (its id, `_meta`, the answers) is not in it.
    pub(crate) fn of(party: &Party, server: ServerId, call: &[u8]) -> Option<Self> {
        let envelope = Envelope::parse(call).ok()?;
        let params = CallParams::parse(envelope.params).ok()?;
        let arguments =
            params.arguments.map(|raw| match serde_json::from_str::<Value>(raw.get()) {
                Ok(value) => Digest::of_json(&value).to_hex(),
                // Nested deeper than is read.
                Err(_) => Digest::of_bytes(raw.get().as_bytes()).to_hex(),
            });
        let said = serde_json::json!([envelope.method, params.name, params.uri, arguments]);
        Some(Self { whose: party.principal(), server, call: Digest::of_json(&said) })
    }
}

/// What the sealed text is sealed to. The server and the call are looked at behind it, so that a
/// slip of the client's can be told from a forgery.
fn context(whose: &Principal) -> Vec<u8> {
    let (tenant, subject) = match whose {
        Principal::Caller { tenant, subject } => (tenant.as_str(), subject.as_str()),
        Principal::Anonymous(_) => ("", ""),
    };
    serde_json::json!(["parked", tenant, subject]).to_string().into()
}

/// What is still to come of a server's answer.
pub(crate) struct Rest {
    pub(crate) body: ReplyBody,
    /// What of it has been read.
    pub(crate) frames: FrameSplitter,
}

/// An exchange whose client came back.
pub(crate) struct Unparked {
    pub(crate) upstream: Arc<OpenedUpstream>,
    /// What opens the server, as for the call.
    pub(crate) credential: Option<Arc<Credential>>,
    /// By which id the server knows the call, as JSON.
    pub(crate) call_id: String,
    pub(crate) rest: Rest,
}

/// Told when nobody comes back: dropping it tells the server.
pub(crate) struct Notice(Option<CancelNotice>);

impl Notice {
    pub(crate) const fn of(notice: CancelNotice) -> Self {
        Self(Some(notice))
    }

    /// The notice, for whom goes on with the exchange.
    pub(crate) fn take(mut self) -> Option<CancelNotice> {
        self.0.take()
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        if let Some(notice) = self.0.take() {
            notice.send();
        }
    }
}

/// An exchange that waits.
pub(crate) struct Parked {
    pub(crate) bound: Bound,
    pub(crate) server: Permit<Arc<ServerEntry>>,
    pub(crate) question: Question,
    pub(crate) notice: Notice,
    pub(crate) exchange: Unparked,
}

/// What the sealed text says.
#[derive(Serialize, Deserialize)]
struct State {
    replica: Uuid,
    exchange: Uuid,
    server: ServerId,
    until_ms: i64,
}

/// An exchange, and what ends it.
struct Place {
    parked: Parked,
    end: AbortHandle,
}

/// All that are parked in this process.
pub struct Parking {
    sealer: Arc<dyn Sealer>,
    replica: ReplicaId,
    holds: Duration,
    parked: Mutex<HashMap<Uuid, Place>>,
    waiting: Gauge,
}

impl std::fmt::Debug for Parking {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Parking").field("holds", &self.holds).finish_non_exhaustive()
    }
}

impl Parking {
    pub(crate) fn new(sealer: Arc<dyn Sealer>, replica: ReplicaId, holds: Duration) -> Arc<Self> {
        Arc::new(Self {
            sealer,
            replica,
            holds,
            parked: Mutex::default(),
            waiting: metrics::gauge!("mcp_registry_parked_exchanges"),
        })
    }

    /// Parks an exchange, and says what its client has to bring back.
    ///
    /// # Errors
    /// -32603: as many are parked as may be, or nothing can be sealed. Its server is told.
    pub(crate) fn keep(
        self: &Arc<Self>,
        parked: Parked,
        ids: &dyn Ids,
        now: Timestamp,
    ) -> Result<String, WireError> {
        let exchange = ids.next();
        let holds = SignedDuration::try_from(self.holds).unwrap_or(SignedDuration::MAX);
        let until_ms = now.checked_add(holds).map_or(i64::MAX, Timestamp::as_millisecond);
        let server = parked.bound.server;
        let state = State { replica: self.replica.0, exchange, server, until_ms };
        let plain = serde_json::to_vec(&state).unwrap_or_default();
        let context = context(&parked.bound.whose);
        let sealed = self.sealer.seal(Purpose::State, &context, &plain).map_err(|error| {
            tracing::warn!(%error, "a question cannot be sealed, so that it is not asked");
            WireError::upstream("SERVER_UNAVAILABLE", "the server's question cannot be asked")
        })?;
        {
            let mut all = self.parked.lock();
            let whose = &parked.bound.whose;
            let own = all.values().filter(|place| place.parked.bound.whose == *whose).count();
            if all.len() >= MOST || own >= MOST_OF_ONE {
                let words = "as many questions of servers wait for an answer as may; answer one, or try again later";
                return Err(WireError::upstream("SERVER_UNAVAILABLE", words));
            }
            let end = Handle::current().spawn(end(Arc::downgrade(self), exchange, self.holds));
            all.insert(exchange, Place { parked, end: end.abort_handle() });
        }
        self.waiting.increment(1.0);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The other replica that a state of ours names.
    pub(crate) fn elsewhere(&self, state: &str, whose: &Principal) -> Option<ReplicaId> {
        let home = ReplicaId(self.opened(state, whose)?.replica);
        (home != self.replica).then_some(home)
    }

    fn opened(&self, state: &str, whose: &Principal) -> Option<State> {
        let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
        let plain = self.sealer.open(Purpose::State, &context(whose), &sealed)?;
        serde_json::from_slice(&plain).ok()
    }

    /// Takes the exchange that a client comes back for; each is taken once.
    ///
    /// # Errors
    /// -32602 for a state that was not given to this caller for this server, that was used, is
    /// over or does not go with this call.
    pub(crate) fn take(
        &self,
        state: &str,
        bound: &Bound,
        now: Timestamp,
    ) -> Result<Parked, WireError> {
        let invalid = |why: &str| WireError::invalid_params(format!("params.requestState {why}"));
        let opened = self.opened(state, &bound.whose).filter(|state| state.server == bound.server);
        let state = opened.ok_or_else(|| invalid("is not one that was given for this server"))?;
        if state.until_ms <= now.as_millisecond() {
            return Err(invalid("has expired: call again without it"));
        }
        let mut all = self.parked.lock();
        let is_same = all.get(&state.exchange).map(|place| place.parked.bound == *bound);
        match is_same {
            None => Err(invalid("was used, or has expired: call again without it")),
            Some(false) => Err(invalid("belongs to a call with other parameters")),
            Some(true) => {
                let taken = all.remove(&state.exchange).ok_or_else(|| invalid("was used"))?;
                self.waiting.decrement(1.0);
                taken.end.abort();
                Ok(taken.parked)
            }
        }
    }
}

/// Ends an exchange that nobody came back for.
async fn end(parking: Weak<Parking>, exchange: Uuid, after: Duration) {
    tokio::time::sleep(after).await;
    let Some(parking) = parking.upgrade() else { return };
    let ended = parking.parked.lock().remove(&exchange);
    if ended.is_some() {
        parking.waiting.decrement(1.0);
        tracing::info!(
            "a server's question was not answered in time, so that its call is given up"
        );
    }
}
