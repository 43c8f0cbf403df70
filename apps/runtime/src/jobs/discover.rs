//! Reads manifests: of registrations that wait for a decision, and of servers that were approved
//! before anything could be read from them.
//!
//! What is due stands in the store, so a restart forgets nothing. The job looks whenever the
//! registry changed, and once per interval for what is to be tried again. Upstreams are read side
//! by side: one that hangs delays nobody else's.

use std::collections::HashSet;
use std::time::Duration;

use registry_domain::Error;
use registry_domain::event::EventSeq;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{discover_candidate, pin_first_manifest};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Fortune;

/// How many upstreams are read at the same time.
const AT_ONCE: usize = 16;

/// How many servers without a manifest take turns.
const MOST_AWAITED: u32 = 1000;

/// Upstreams that are being read.
#[derive(Default)]
struct Reading {
    tasks: JoinSet<Uuid>,
    of: HashSet<Uuid>,
}

impl Reading {
    /// Begins to read, unless that has begun already or too many are read.
    fn begin(
        &mut self,
        id: Uuid,
        read: impl Future<Output = Result<bool, Error>> + Send + 'static,
    ) {
        if self.of.len() < AT_ONCE && self.of.insert(id) {
            self.tasks.spawn(async move {
                if let Err(error) = read.await {
                    tracing::warn!(%error, %id, "what an upstream offers cannot be kept right now");
                }
                id
            });
        }
    }

    /// Waits for one to end; for ever if none is read.
    async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(id)) => {
                self.of.remove(&id);
            }
            Some(Err(error)) => {
                tracing::error!(%error, "reading an upstream failed unexpectedly");
                self.of.clear();
            }
            None => std::future::pending().await,
        }
    }
}

/// Discovers until told to stop.
pub(super) async fn run(ports: RegistryPorts, interval: Duration, stop: CancellationToken) {
    let mut retries = tokio::time::interval(interval);
    retries.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reading = Reading::default();
    // Ending in the middle of a read loses nothing: it is still due at the next start.
    stop.run_until_cancelled(discover(&ports, &mut retries, &mut reading)).await;
}

async fn discover(ports: &RegistryPorts, retries: &mut Interval, reading: &mut Reading) {
    let mut seen = EventSeq::default();
    let mut turn = 0;
    let mut fortune = Fortune::of("discovering manifests");
    loop {
        if !fortune.note(&begin_due(ports, reading, &mut seen).await) {
            retries.tick().await;
        }
        tokio::select! {
            () = ports.events.wait(seen) => {}
            () = reading.ended() => {}
            _ = retries.tick() => {
                fortune.note(&begin_awaited(ports, reading, &mut turn).await);
            }
        }
    }
}

/// Begins what is due now; what is due after `seen` wakes the job again.
async fn begin_due(
    ports: &RegistryPorts,
    reading: &mut Reading,
    seen: &mut EventSeq,
) -> Result<(), Error> {
    *seen = ports.events.latest().await?;
    let limit = u32::try_from(AT_ONCE * 2).unwrap_or(u32::MAX);
    for job in ports.registrations.due_discoveries(ports.clock.now(), limit).await? {
        let ports = ports.clone();
        reading.begin(job.registration.id.0, async move { discover_candidate(&ports, &job).await });
    }
    Ok(())
}

/// Tries servers again from which nothing was ever read; each time the next ones in turn, so that
/// many that never answer do not keep the others waiting.
async fn begin_awaited(
    ports: &RegistryPorts,
    reading: &mut Reading,
    turn: &mut usize,
) -> Result<(), Error> {
    let mut servers = ports.servers.awaiting_manifest(MOST_AWAITED).await?;
    let first = *turn % servers.len().max(1);
    servers.rotate_left(first);
    *turn = first + AT_ONCE;
    for server in servers.into_iter().take(AT_ONCE) {
        let ports = ports.clone();
        reading.begin(server.id.0, async move { pin_first_manifest(&ports, server).await });
    }
    Ok(())
}
