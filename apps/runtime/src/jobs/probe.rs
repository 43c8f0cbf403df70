//! Asks each server now and then whether it is well, and whether it still offers what was approved.
//!
//! What is due stands in the store, and a lease says which replica asks: a restart forgets nothing,
//! and however many run, each server is asked once per interval. The job looks when the next one is
//! due and whenever the registry changed, so that a new server is asked at once. Servers are asked
//! side by side: one that hangs delays nobody else. A probe that is cut off by the end of the process
//! gives its lease back, so that another replica asks at once.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::event::EventSeq;
use registry_domain::health::{ProbeRules, Watched};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{Probed, keep_probes, leave_probe, probe_server, take_probe_turn};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;

/// How many servers are asked at the same time.
const AT_ONCE: usize = 64;
/// How many of the most urgent servers are looked at.
const LOOKED_AT: u32 = 256;
/// How long the store is left alone between two looks.
const PACE: Duration = Duration::from_millis(200);
/// How long a server that another replica asks is left to it.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// How long the store may take to hear, at the end, of leases that are given back; after that they
/// end by themselves.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(3);

/// Servers that are being asked.
struct Asking {
    tasks: JoinSet<(ServerId, Result<Option<Probed>, Error>)>,
    of: HashSet<ServerId>,
    stop: CancellationToken,
}

impl Asking {
    fn begin(&mut self, ports: &RegistryPorts, id: ServerId, rules: ProbeRules) {
        if self.of.len() < AT_ONCE && self.of.insert(id) {
            let (ports, stop) = (ports.clone(), self.stop.clone());
            self.tasks.spawn(async move {
                let asked = ask(&ports, id, &rules, &stop).await;
                if !matches!(asked, Ok(Some(_))) {
                    stop.run_until_cancelled(tokio::time::sleep(LEFT_ALONE)).await;
                }
                (id, asked)
            });
        }
    }

    /// Waits for one to end, and takes what others found until then; for ever if none is asked.
    async fn ended(&mut self) -> (Vec<Probed>, Result<(), Error>) {
        let Some(first) = self.tasks.join_next().await else {
            return std::future::pending().await;
        };
        let (mut probed, mut tried) = (Vec::new(), Ok(()));
        let mut next = Some(first);
        while let Some(ended) = next {
            match ended {
                Ok((id, asked)) => {
                    self.of.remove(&id);
                    match asked {
                        Ok(found) => probed.extend(found),
                        Err(error) => tried = Err(error),
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "probing a server failed unexpectedly");
                    self.of.clear();
                }
            }
            next = self.tasks.try_join_next();
        }
        (probed, tried)
    }
}

/// Asks a server if it is this replica's turn to; a probe that is cut off gives the turn back.
async fn ask(
    ports: &RegistryPorts,
    id: ServerId,
    rules: &ProbeRules,
    stop: &CancellationToken,
) -> Result<Option<Probed>, Error> {
    let Some(turn) = take_probe_turn(ports, id, rules).await? else { return Ok(None) };
    match stop.run_until_cancelled(probe_server(ports, &turn, rules)).await {
        Some(probed) => probed.map(Some),
        None => leave_probe(ports, turn).await.map(|()| None),
    }
}

/// Probes until told to stop; then what was found is kept, and what was begun is given back.
pub(super) async fn run(ports: RegistryPorts, rules: ProbeRules, stop: CancellationToken) {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GIVEN_BACK_WITHIN).await;
    };
    tokio::select! {
        () = probe(&ports, rules, &stop) => {}
        () = late => tracing::warn!(
            "the store does not answer: servers that were being probed are probed by others when \
             their leases have ended"
        ),
    }
}

async fn probe(ports: &RegistryPorts, rules: ProbeRules, stop: &CancellationToken) {
    let mut asking = Asking { tasks: JoinSet::new(), of: HashSet::new(), stop: stop.clone() };
    let mut seen = EventSeq::default();
    let mut fortune = Fortune::of("probing servers");
    while !stop.is_cancelled() {
        let next = begin_due(ports, &mut asking, &mut seen, rules).await;
        fortune.note(&next);
        let wait = next.map_or(rules.interval, |next| until(ports.clock.now(), next, rules));
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            () = ports.events.wait(seen) => {}
            (probed, tried) = asking.ended() => {
                let kept = keep(ports, probed, rules).await;
                fortune.note(&tried.and(kept));
            }
        }
        stop.run_until_cancelled(tokio::time::sleep(PACE)).await;
    }
    while !asking.tasks.is_empty() {
        let (probed, tried) = asking.ended().await;
        let kept = keep(ports, probed, rules).await;
        fortune.note(&tried.and(kept));
    }
}

async fn keep(ports: &RegistryPorts, probed: Vec<Probed>, rules: ProbeRules) -> Result<(), Error> {
    if probed.is_empty() {
        return Ok(());
    }
    keep_probes(ports, probed, rules.kept_for).await
}

/// How long there is nothing to do, as far as is known: never longer than an interval.
fn until(now: Timestamp, next: Option<Timestamp>, rules: ProbeRules) -> Duration {
    let wait = next.map_or(rules.interval, |next| {
        Duration::try_from(next.duration_since(now)).unwrap_or(Duration::ZERO)
    });
    wait.min(rules.interval)
}

/// Begins what is due now; answers when the next server is. What comes to be due by an event after
/// `seen` wakes the job.
async fn begin_due(
    ports: &RegistryPorts,
    asking: &mut Asking,
    seen: &mut EventSeq,
    rules: ProbeRules,
) -> Result<Option<Timestamp>, Error> {
    *seen = ports.events.latest().await?;
    let upcoming = ports.servers.upcoming_probes(LOOKED_AT).await?;
    let now = ports.clock.now();
    let is_due = |watched: &&Watched| watched.is_due(now, rules.interval);
    for watched in upcoming.iter().filter(is_due) {
        asking.begin(ports, watched.server, rules);
    }
    let waiting = upcoming.iter().filter(|watched| !asking.of.contains(&watched.server));
    Ok(waiting.map(|watched| watched.next_probe_at.max(now)).min())
}
