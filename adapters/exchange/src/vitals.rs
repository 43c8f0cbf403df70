//! How each server is doing as seen by calls: kept beside the routing table, in this process.
//!
//! Every call records into it, so it costs next to nothing: counters, and one short lock when a
//! call ended. A server's breaker is asked before each call; the lock is taken for that only when
//! the server has failed lately. What other replicas should know of a server is told in the
//! background (`vitals/replicas.rs`).

mod moved;
mod replicas;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use registry_domain::id::ServerId;
use registry_domain::routing::RoutingTable;
use registry_domain::routing::breaker::{
    Breaker, BreakerPolicy, BreakerState, Ending, Passage, Refused,
};
use registry_domain::routing::ejection::{Ejection, EjectionPolicy, Sample};
use serde::{Deserialize, Serialize};

use crate::recent::Recent;

use moved::Moved;
pub use replicas::{Everywhere, VitalsView};

/// How many servers that are gone may be remembered before they are forgotten.
const MOST_GONE: usize = 1_000;

/// What decides about breakers and outliers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Policies {
    pub(crate) breaker: BreakerPolicy,
    pub(crate) ejection: EjectionPolicy,
}

/// How all servers are doing.
#[derive(Debug)]
pub struct Vitals {
    servers: RwLock<HashMap<ServerId, Arc<ServerVitals>>>,
    pub(crate) policies: Policies,
    /// Grows with each choice among several servers; held while one chooses, so that two choices
    /// at once do not take the same turn.
    pub(crate) turns: Mutex<u64>,
    moved: Arc<Moved>,
}

impl Vitals {
    /// Nothing known yet.
    pub fn new(breaker: BreakerPolicy) -> Self {
        Self {
            servers: RwLock::default(),
            policies: Policies { breaker, ejection: EjectionPolicy::default() },
            turns: Mutex::new(0),
            moved: Arc::default(),
        }
    }

    /// One server's.
    pub(crate) fn of(&self, id: ServerId, table: &RoutingTable) -> Arc<ServerVitals> {
        if let Some(known) = self.servers.read().get(&id) {
            return Arc::clone(known);
        }
        let mut servers = self.servers.write();
        if servers.len() > table.len().saturating_add(MOST_GONE) {
            servers.retain(|id, _| table.by_id(*id).is_some());
        }
        let new = || Arc::new(ServerVitals::new(id, Arc::clone(&self.moved)));
        Arc::clone(servers.entry(id).or_insert_with(new))
    }

    /// What is known of a server right now; nothing was called yet where it is `None`.
    pub fn look(&self, id: ServerId, now: Timestamp) -> Option<VitalSigns> {
        self.servers.read().get(&id).map(|server| server.look(now))
    }
}

/// One server's vitals.
#[derive(Debug)]
pub(crate) struct ServerVitals {
    id: ServerId,
    moved: Arc<Moved>,
    in_flight: AtomicU32,
    /// Whether the breaker has nothing to say: then it is not asked.
    calm: AtomicBool,
    pub(crate) last_turn: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answered: u64,
    failed: u64,
    last: Option<Timestamp>,
    recent: Recent,
    breaker: Breaker,
    ejection: Ejection,
}

/// What a choice among several servers needs to know of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) in_flight: u32,
    pub(crate) last_turn: u64,
    pub(crate) sample: Sample,
    pub(crate) average_ms: f64,
    pub(crate) share: f64,
    pub(crate) is_ejected: bool,
    /// Whether the breaker would let a call pass.
    pub(crate) passes: Result<(), Refused>,
}

/// What there is to show of one server.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VitalSigns {
    /// Calls under way.
    pub in_flight: u32,
    /// Calls that were answered, with a result or a JSON-RPC error.
    pub answered: u64,
    /// Calls that failed: transport faults, timeouts, server errors.
    pub failed: u64,
    /// The mean of the last response times, in milliseconds.
    pub average_ms: f64,
    /// Half of the last answers took no longer.
    pub p50_ms: f64,
    /// 19 of 20 of the last answers took no longer.
    pub p95_ms: f64,
    /// How its breaker stands.
    pub breaker: BreakerState,
    /// Failures in a row.
    pub failures_in_a_row: u32,
    /// Whether it is left out of choices for a while.
    pub is_ejected: bool,
    /// When the last call ended.
    pub last: Option<Timestamp>,
}

impl ServerVitals {
    fn new(id: ServerId, moved: Arc<Moved>) -> Self {
        Self {
            id,
            moved,
            in_flight: AtomicU32::new(0),
            calm: AtomicBool::new(true),
            last_turn: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    fn look(&self, now: Timestamp) -> VitalSigns {
        let state = self.state.lock();
        let times = state.recent.sorted_ms();
        VitalSigns {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            answered: state.answered,
            failed: state.failed,
            average_ms: state.recent.average_ms(),
            p50_ms: Recent::percentile(&times, 50),
            p95_ms: Recent::percentile(&times, 95),
            breaker: state.breaker.state(now),
            failures_in_a_row: state.breaker.failures(),
            is_ejected: state.ejection.is_ejected(now),
            last: state.last,
        }
    }

    pub(crate) fn standing(&self, policies: &Policies, now: Timestamp) -> Standing {
        let mut state = self.state.lock();
        state.ejection.forgive(&policies.ejection, now);
        Standing {
            in_flight: self.in_flight.load(Ordering::Relaxed),
            last_turn: self.last_turn.load(Ordering::Relaxed),
            sample: state.recent.sample(),
            average_ms: state.recent.average_ms(),
            share: state.ejection.share(&policies.ejection, now),
            is_ejected: state.ejection.is_ejected(now),
            passes: state.breaker.would_pass(&policies.breaker, now),
        }
    }

    /// Takes the server out of choices for a while. What made it an outlier is forgotten, so that
    /// it is judged anew when it is back.
    pub(crate) fn eject(&self, policies: &Policies, now: Timestamp) {
        let mut state = self.state.lock();
        state.ejection.eject(&policies.ejection, now);
        state.recent.forget_outcomes();
        self.moved.add(self.id);
    }
}

/// A call that is under way at a server. Dropping it says that nobody knows how it ended.
#[derive(Debug)]
pub(crate) struct Attempt {
    server: Arc<ServerVitals>,
    breaker: BreakerPolicy,
    passage: Passage,
    began: Timestamp,
    ended: bool,
}

impl Attempt {
    /// Begins a call, if the server's breaker lets it.
    ///
    /// # Errors
    /// [`Refused`], with a time after which to try again.
    pub(crate) fn begin(
        server: Arc<ServerVitals>,
        policies: &Policies,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let passage = if server.calm.load(Ordering::Acquire) {
            Passage::Ordinary
        } else {
            server.state.lock().breaker.pass(&policies.breaker, now)?
        };
        server.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(Self { server, breaker: policies.breaker, passage, began: now, ended: false })
    }

    /// Notes how the call ended.
    pub(crate) fn end(mut self, ending: Ending, now: Timestamp) {
        self.note(ending, now);
    }

    fn note(&mut self, ending: Ending, now: Timestamp) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.server.in_flight.fetch_sub(1, Ordering::Relaxed);
        let mut state = self.server.state.lock();
        match ending {
            Ending::Answered => {
                state.answered = state.answered.saturating_add(1);
                let took = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
                state.recent.answered(took);
            }
            Ending::Failed => {
                state.failed = state.failed.saturating_add(1);
                state.recent.failed();
            }
            Ending::GivenUp => {}
        }
        state.last = Some(now);
        let closed = state.breaker.ended(&self.breaker, self.passage, ending, now);
        if closed {
            state.ejection.comes_back(now);
        }
        self.server.calm.store(state.breaker.is_calm(), Ordering::Release);
        let opened = ending == Ending::Failed && state.breaker.open_for(now).is_some();
        if opened || closed {
            self.server.moved.add(self.server.id);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.note(Ending::GivenUp, self.began);
    }
}

#[cfg(test)]
#[path = "vitals_tests.rs"]
mod tests;
