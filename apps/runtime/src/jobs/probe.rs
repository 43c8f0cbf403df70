//! Asks each server now and then whether it is well, and whether it still offers what was approved.
//!
//! What is due stands in the store, and a lease says which replica asks: a restart forgets nothing,
//! and however many run, each server is asked once per interval. The job looks when the next one is
//! due and whenever the registry changed, so that a new server is asked at once. Servers are asked
//! side by side: one that hangs delays nobody else.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::event::EventSeq;
use registry_domain::health::{ProbeRules, Watched};
use registry_domain::id::ServerId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{Probed, Probing, keep_probes, probe_server};
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

/// Servers that are being asked.
#[derive(Default)]
struct Asking {
    tasks: JoinSet<(ServerId, Result<Probing, Error>)>,
    of: HashSet<ServerId>,
}

impl Asking {
    fn begin(&mut self, ports: &RegistryPorts, id: ServerId, rules: ProbeRules) {
        if self.of.len() < AT_ONCE && self.of.insert(id) {
            let ports = ports.clone();
            self.tasks.spawn(async move {
                let probing = probe_server(&ports, id, &rules).await;
                if !matches!(probing, Ok(Probing::Done(_))) {
                    tokio::time::sleep(LEFT_ALONE).await;
                }
                (id, probing)
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
                Ok((id, probing)) => {
                    self.of.remove(&id);
                    match probing {
                        Ok(Probing::Done(done)) => probed.push(*done),
                        Ok(Probing::LeftToAnother | Probing::NotDue) => {}
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

/// Probes until told to stop. A server that is asked when that happens is asked again when its lease
/// has ended.
pub(super) async fn run(ports: RegistryPorts, rules: ProbeRules, stop: CancellationToken) {
    stop.run_until_cancelled(probe(&ports, rules)).await;
}

async fn probe(ports: &RegistryPorts, rules: ProbeRules) {
    let mut asking = Asking::default();
    let mut seen = EventSeq::default();
    let mut fortune = Fortune::of("probing servers");
    loop {
        let next = begin_due(ports, &mut asking, &mut seen, rules).await;
        fortune.note(&next);
        let wait = next.map_or(rules.interval, |next| until(ports.clock.now(), next, rules));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = ports.events.wait(seen) => {}
            (probed, tried) = asking.ended() => {
                let kept = if probed.is_empty() {
                    Ok(())
                } else {
                    keep_probes(ports, probed, rules.kept_for).await
                };
                fortune.note(&tried.and(kept));
            }
        }
        tokio::time::sleep(PACE).await;
    }
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
