//! Vitals over all replicas.
//!
//! Each replica counts its own calls, and decides by them. What it decides is told to the others in
//! the background: a breaker that opened opens on all of them, one that good trials closed closes,
//! and an outlier is left out everywhere. Delivery is at most once: a replica that missed something
//! asks what stands, and one that no word reaches decides by its own calls alone.
//!
//! What there is to show is asked of the replicas when somebody wants to see it, and added up.
//! Durations travel, not times: clocks may differ.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use registry_domain::id::ServerId;
use registry_domain::ports::{AnswerHandler, Clock, Heard, PortError, ReplicaBus, end_after};
use registry_domain::routing::breaker::BreakerState;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{ServerVitals, VitalSigns, Vitals};
use crate::routes::Routes;

/// What is told as it happens.
const MOVED: &str = "vitals.moved";
/// Asks what stands of all that was told.
const STANDING: &str = "vitals.standing";
/// Asks what there is to show.
const LOOK: &str = "vitals.look";

/// How long replicas may take to answer.
const WITHIN: Duration = Duration::from_millis(200);
/// How long what the others answered is shown again, so that many who look ask once.
const KEPT: Duration = Duration::from_secs(1);
/// After how long what failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How many servers are told of at a time.
const AT_A_TIME: usize = 256;
/// How many servers one replica tells of when it is asked.
const MOST_SHOWN: usize = 10_000;

/// How one server stands, as it travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Stand {
    server: ServerId,
    /// For how much longer its breaker is open, in milliseconds.
    open_ms: Option<u64>,
    /// Whether its breaker is closed.
    closed: bool,
    /// For how much longer it is left out of choices, in milliseconds.
    ejected_ms: Option<u64>,
}

/// Something that one replica says of some servers.
#[derive(Debug, Serialize, Deserialize)]
struct Said<T> {
    replica: Uuid,
    servers: Vec<T>,
}

/// One server, and what there is to show of it.
#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    server: ServerId,
    signs: VitalSigns,
}

type Shown = Vec<HashMap<ServerId, VitalSigns>>;

/// What the other replicas answered, and until when that is good.
type Kept = Option<(Timestamp, Arc<Shown>)>;

/// The vitals of this process, and the way to those of the others.
pub struct Everywhere {
    vitals: Arc<Vitals>,
    routes: Arc<Routes>,
    bus: Arc<dyn ReplicaBus>,
    clock: Arc<dyn Clock>,
    /// Held while the others are asked: who comes meanwhile waits for the same answers.
    others: Mutex<Kept>,
}

impl std::fmt::Debug for Everywhere {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Everywhere").finish_non_exhaustive()
    }
}

/// How servers are doing on all replicas together.
#[derive(Debug)]
pub struct VitalsView {
    own: Arc<Vitals>,
    others: Arc<Shown>,
}

impl VitalsView {
    /// What is known of a server; nothing was called yet where it is `None`.
    pub fn look(&self, id: ServerId, now: Timestamp) -> Option<VitalSigns> {
        let others = self.others.iter().filter_map(|shown| shown.get(&id).copied());
        self.own.look(id, now).into_iter().chain(others).reduce(VitalSigns::and)
    }
}

impl VitalSigns {
    /// Two replicas' together. The middle of response times is that of each, weighed by how many
    /// answers each had: the times themselves stay where they were measured.
    fn and(self, other: Self) -> Self {
        let weights = (as_weight(self.answered), as_weight(other.answered));
        let weigh = |one: f64, two: f64| {
            let whole = weights.0 + weights.1;
            if whole > 0.0 { (one * weights.0 + two * weights.1) / whole } else { 0.0 }
        };
        Self {
            in_flight: self.in_flight.saturating_add(other.in_flight),
            answered: self.answered.saturating_add(other.answered),
            failed: self.failed.saturating_add(other.failed),
            average_ms: weigh(self.average_ms, other.average_ms),
            p50_ms: weigh(self.p50_ms, other.p50_ms),
            p95_ms: weigh(self.p95_ms, other.p95_ms),
            breaker: self.breaker.max(other.breaker),
            failures_in_a_row: self.failures_in_a_row.max(other.failures_in_a_row),
            is_ejected: self.is_ejected || other.is_ejected,
            last: self.last.max(other.last),
        }
    }
}

/// Beyond four thousand million answers it does not matter.
fn as_weight(answered: u64) -> f64 {
    f64::from(u32::try_from(answered).unwrap_or(u32::MAX))
}

impl Everywhere {
    /// Answers what other replicas ask from now on. [`Everywhere::share`] does the rest.
    pub(crate) fn join(
        vitals: Arc<Vitals>,
        routes: Arc<Routes>,
        bus: Arc<dyn ReplicaBus>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let joined = Arc::new(Self { vitals, routes, bus, clock, others: Mutex::default() });
        joined.bus.answer(LOOK, handler(&joined, Self::shown));
        joined.bus.answer(STANDING, handler(&joined, Self::standing));
        joined
    }

    /// How servers are doing on all replicas: this one's right now, the others' as they were at
    /// most a second ago. Others that do not answer are left out.
    pub async fn look(&self) -> VitalsView {
        let mut kept = self.others.lock().await;
        let now = self.clock.now();
        if let Some((until, others)) = &*kept
            && now < *until
        {
            return VitalsView { own: Arc::clone(&self.vitals), others: Arc::clone(others) };
        }
        let by_server = |said: Said<Seen>| {
            said.servers.into_iter().map(|seen| (seen.server, seen.signs)).collect()
        };
        let shown: Shown = match self.ask::<Seen>(LOOK).await {
            Ok(said) => said.into_iter().map(by_server).collect(),
            Err(error) => {
                tracing::debug!(%error, "other replicas cannot be asked how servers are doing");
                Vec::new()
            }
        };
        let others = Arc::new(shown);
        *kept = Some((end_after(now, KEPT), Arc::clone(&others)));
        VitalsView { own: Arc::clone(&self.vitals), others }
    }

    /// Tells the others what moved, and hears what moved there; never ends.
    pub async fn share(&self) {
        futures_util::future::join(self.tell(), self.hear()).await;
    }

    async fn tell(&self) {
        loop {
            let moved = self.vitals.moved.next(AT_A_TIME).await;
            let now = self.clock.now();
            let stands = moved.iter().filter_map(|id| Some(self.vitals.known(*id)?.stand(now)));
            let Some(said) = self.say(stands.collect()) else { continue };
            if let Err(error) = self.bus.publish(MOVED, said).await {
                tracing::debug!(%error, "other replicas are not told of breakers yet");
                self.vitals.moved.add_again(moved);
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    async fn hear(&self) {
        loop {
            match self.bus.subscribe(MOVED).await {
                Ok(mut said) => {
                    self.catch_up().await;
                    while let Some(heard) = said.next().await {
                        match heard {
                            Heard::Message(message) => self.believe(&message),
                            Heard::Missed => self.catch_up().await,
                        }
                    }
                }
                Err(error) => tracing::debug!(%error, "other replicas' breakers are not heard"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Learns what was told before we listened.
    async fn catch_up(&self) {
        match self.ask::<Stand>(STANDING).await {
            Ok(said) => said.iter().for_each(|said| self.believe_all(&said.servers)),
            Err(error) => tracing::debug!(%error, "other replicas' breakers are not known"),
        }
    }

    fn believe(&self, message: &[u8]) {
        // What another version of the product says may not be understood.
        let Ok(said) = serde_json::from_slice::<Said<Stand>>(message) else { return };
        if said.replica != self.bus.replica().0 {
            self.believe_all(&said.servers);
        }
    }

    fn believe_all(&self, stands: &[Stand]) {
        let (table, now) = (self.routes.now(), self.clock.now());
        for stand in stands.iter().filter(|stand| table.by_id(stand.server).is_some()) {
            self.vitals.of(stand.server, &table).believe(stand, &self.vitals, now);
        }
    }

    fn shown(&self) -> Vec<Seen> {
        let now = self.clock.now();
        let servers = self.vitals.servers.read();
        let shown = servers.iter().take(MOST_SHOWN);
        shown.map(|(id, vitals)| Seen { server: *id, signs: vitals.look(now) }).collect()
    }

    fn standing(&self) -> Vec<Stand> {
        let now = self.clock.now();
        let servers = self.vitals.servers.read();
        let stands = servers.values().map(|vitals| vitals.stand(now));
        stands.filter(|stand| !stand.closed || stand.ejected_ms.is_some()).collect()
    }

    fn say<T: Serialize>(&self, servers: Vec<T>) -> Option<Bytes> {
        let said = Said { replica: self.bus.replica().0, servers };
        serde_json::to_vec(&said).ok().map(Bytes::from)
    }

    /// What the other replicas say.
    async fn ask<T>(&self, topic: &str) -> Result<Vec<Said<T>>, PortError>
    where
        T: for<'a> Deserialize<'a>,
    {
        let own = self.bus.replica().0;
        let answers = self.bus.ask(topic, Bytes::new(), WITHIN).await?;
        let said = answers.iter().filter_map(|answer| serde_json::from_slice(answer).ok());
        Ok(said.filter(|said: &Said<T>| said.replica != own).collect())
    }
}

/// Answers other replicas. The bus holds the handlers and this holds the bus, hence the weak
/// reference.
fn handler<T: Serialize + 'static>(
    joined: &Arc<Everywhere>,
    answer: fn(&Everywhere) -> Vec<T>,
) -> AnswerHandler {
    let joined: Weak<Everywhere> = Arc::downgrade(joined);
    Arc::new(move |_| {
        let said = joined.upgrade().and_then(|joined| joined.say(answer(&joined)));
        Box::pin(std::future::ready(said))
    })
}

impl Vitals {
    fn known(&self, id: ServerId) -> Option<Arc<ServerVitals>> {
        self.servers.read().get(&id).cloned()
    }
}

impl ServerVitals {
    fn stand(&self, now: Timestamp) -> Stand {
        let state = self.state.lock();
        Stand {
            server: self.id,
            open_ms: state.breaker.open_for(now).map(ms),
            closed: state.breaker.state(now) == BreakerState::Closed,
            ejected_ms: state.ejection.lasts(now).map(ms),
        }
    }

    /// Takes over what another replica found.
    fn believe(&self, stand: &Stand, vitals: &Vitals, now: Timestamp) {
        let policies = &vitals.policies;
        let mut state = self.state.lock();
        if let Some(open) = stand.open_ms {
            let open = Duration::from_millis(open);
            state.breaker.opened_elsewhere(&policies.breaker, open, now);
        } else if stand.closed && state.breaker.closed_elsewhere(now) {
            state.ejection.comes_back(now);
        }
        if let Some(lasts) = stand.ejected_ms {
            let lasts = Duration::from_millis(lasts);
            state.ejection.ejected_elsewhere(&policies.ejection, lasts, now);
        }
        self.calm.store(state.breaker.is_calm(), std::sync::atomic::Ordering::Release);
    }
}

/// Whole milliseconds, at least one: what is nearly over is not over.
fn ms(left: Duration) -> u64 {
    u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1)
}
