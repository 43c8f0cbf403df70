//! The calls that are under way at upstreams: to be listed, and to be cancelled.
//!
//! Each replica knows its own; the others are asked over the bus (`active_calls/replicas.rs`).
//! Nothing is kept outside the process, so a call costs two short locks and no round trip.

mod replicas;
mod watch;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::party::{Party, Principal};
use registry_domain::ports::{Clock, ReplicaBus, ReplicaId};
use registry_domain::routing::ServerEntry;
use tokio::sync::Notify;

pub use replicas::{ActiveCallView, Cancellation, Listing, Viewer};
pub use watch::{CallChange, CallNotice, CallWatch};

/// Into how many parts the running calls are divided, so that workers seldom meet at a lock.
const SHARDS: u64 = 8;

/// The calls of this process.
pub struct ActiveCalls {
    shards: Vec<Mutex<HashMap<u64, Arc<ActiveCall>>>>,
    next: AtomicU64,
    clock: Arc<dyn Clock>,
    bus: Arc<dyn ReplicaBus>,
    watch: OnceLock<Arc<dyn CallWatch>>,
}

impl std::fmt::Debug for ActiveCalls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ActiveCalls").finish_non_exhaustive()
    }
}

/// What is known of a call when it begins.
pub(crate) struct Beginning<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) id_json: &'a str,
    pub(crate) method: &'a str,
    pub(crate) tool: Option<&'a str>,
    pub(crate) party: &'a Party,
    /// The client's session, where it has one.
    pub(crate) session: Option<&'a str>,
    pub(crate) at: Timestamp,
}

/// A call that is under way.
#[derive(Debug)]
pub(crate) struct ActiveCall {
    key: u64,
    request_id: String,
    id_json: String,
    method: String,
    tool: Option<String>,
    principal: Principal,
    session: Option<String>,
    began: Timestamp,
    /// Changes when another server is tried.
    server: Mutex<Option<Arc<ServerEntry>>>,
    is_cancelled: AtomicBool,
    wake: Notify,
}

impl ActiveCall {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Release);
        self.wake.notify_waiters();
    }

    /// Waits until somebody cancels the call.
    pub(crate) async fn cancelled(&self) {
        let woken = self.wake.notified();
        if !self.is_cancelled() {
            woken.await;
        }
    }
}

/// Keeps a call on the list while it lives.
#[derive(Debug)]
pub(crate) struct Running {
    calls: Arc<ActiveCalls>,
    call: Arc<ActiveCall>,
}

impl Running {
    pub(crate) fn call(&self) -> &Arc<ActiveCall> {
        &self.call
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(shard) = self.calls.shard(self.call.key) {
            shard.lock().remove(&self.call.key);
        }
    }
}

impl ActiveCalls {
    /// No calls yet; what other replicas ask is answered from now on.
    pub fn join(bus: Arc<dyn ReplicaBus>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        let calls =
            Arc::new(Self { shards, next: AtomicU64::new(1), clock, bus, watch: OnceLock::new() });
        calls.answer_the_others();
        calls
    }

    /// Which replica this is.
    pub(crate) fn replica(&self) -> ReplicaId {
        self.bus.replica()
    }

    /// How this replica speaks to the others.
    pub(crate) fn bus(&self) -> &Arc<dyn ReplicaBus> {
        &self.bus
    }

    /// How many calls are under way in this process.
    pub fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    pub(crate) fn begin(self: &Arc<Self>, call: &Beginning<'_>) -> Running {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let call = Arc::new(ActiveCall {
            key,
            request_id: call.request_id.to_owned(),
            id_json: call.id_json.to_owned(),
            method: call.method.to_owned(),
            tool: call.tool.map(str::to_owned),
            principal: call.party.principal(),
            session: call.session.map(str::to_owned),
            began: call.at,
            server: Mutex::new(None),
            is_cancelled: AtomicBool::new(false),
            wake: Notify::new(),
        });
        if let Some(shard) = self.shard(key) {
            shard.lock().insert(key, Arc::clone(&call));
        }
        Running { calls: Arc::clone(self), call }
    }

    /// Notes which server a call asks. With the first one the call has begun for those who listen.
    pub(crate) fn asks(&self, call: &Arc<ActiveCall>, server: &Arc<ServerEntry>) {
        let before = call.server.lock().replace(Arc::clone(server));
        if before.is_none() {
            self.tell(call, CallChange::Started, call.began);
        }
    }

    /// Cancels the call of a session that its client knows by this id; whether it runs here.
    pub(crate) fn cancel_in_session(&self, session: &str, id_json: &str) -> bool {
        let all = self.all().into_iter();
        let meant =
            all.filter(|call| call.session.as_deref() == Some(session) && call.id_json == id_json);
        meant.map(|call| call.cancel()).count() > 0
    }

    fn shard(&self, key: u64) -> Option<&Mutex<HashMap<u64, Arc<ActiveCall>>>> {
        usize::try_from(key % SHARDS).ok().and_then(|index| self.shards.get(index))
    }

    fn find(&self, key: u64) -> Option<Arc<ActiveCall>> {
        self.shard(key)?.lock().get(&key).cloned()
    }

    fn all(&self) -> Vec<Arc<ActiveCall>> {
        self.shards
            .iter()
            .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
            .collect()
    }
}
