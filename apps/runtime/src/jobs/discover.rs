//! Reads manifests: of registrations that wait for a decision, and of servers that were listed
//! before anything could be read from them.
//!
//! What is due stands in the store, so a restart forgets nothing. The job looks whenever the
//! registry changed, and once per interval for what is to be tried again; a server that was listed
//! a moment ago is read at once. Upstreams are read side
//! by side: one that hangs delays nobody else's.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use registry_domain::Error;
use registry_domain::event::{EventKind, EventSeq};
use registry_domain::id::ServerId;
use registry_domain::ports::{PortError, RegistryPorts};
use registry_domain::server::PinnedManifest;
use registry_domain::use_cases::{discover_candidate, pin_first_manifest};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fortune::Fortune;

/// How many upstreams are read at the same time.
const AT_ONCE: usize = 16;

/// How many servers without a manifest take turns.
const MOST_AWAITED: u32 = 1000;

/// How many servers that were just listed wait to be read at once; the others have their turn.
const MOST_NEW: usize = 10_000;

/// How many events are read at a time.
const EVENTS: u32 = 500;

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
        if self.has_room() && self.of.insert(id) {
            self.tasks.spawn(async move {
                if let Err(error) = read.await {
                    tracing::warn!(%error, %id, "what an upstream offers cannot be kept right now");
                }
                id
            });
        }
    }

    /// Whether one more may be read.
    fn has_room(&self) -> bool {
        self.of.len() < AT_ONCE
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
    let mut seen = None;
    let mut new = VecDeque::new();
    let mut turn = 0;
    let mut fortune = Fortune::of("discovering manifests");
    loop {
        if !fortune.note(&begin_due(ports, reading, &mut seen, &mut new).await) {
            retries.tick().await;
        }
        tokio::select! {
            () = ports.events.wait(seen.unwrap_or_default()) => {}
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
    seen: &mut Option<EventSeq>,
    new: &mut VecDeque<ServerId>,
) -> Result<(), Error> {
    match seen {
        // What was listed before the start has its turn.
        None => *seen = Some(ports.events.latest().await?),
        Some(seen) => note_new(ports, seen, new).await?,
    }
    begin_new(ports, reading, new).await?;
    let limit = u32::try_from(AT_ONCE * 2).unwrap_or(u32::MAX);
    for job in ports.registrations.due_discoveries(ports.clock.now(), limit).await? {
        let ports = ports.clone();
        reading.begin(job.registration.id.0, async move { discover_candidate(&ports, &job).await });
    }
    Ok(())
}

/// Notes which servers were listed, or changed, since `seen`.
async fn note_new(
    ports: &RegistryPorts,
    seen: &mut EventSeq,
    new: &mut VecDeque<ServerId>,
) -> Result<(), Error> {
    loop {
        let events = match ports.events.after(*seen, EVENTS).await {
            // An event that does not read, as a newer program may have written it, holds up nothing:
            // a server that it tells of has its turn with those that are tried again.
            Err(PortError::Corrupt { .. }) => {
                *seen = ports.events.latest().await?;
                return Ok(());
            }
            events => events?,
        };
        let Some(last) = events.last() else { return Ok(()) };
        *seen = last.seq;
        for event in events.into_iter().map(|sequenced| sequenced.event) {
            let may_wait = matches!(
                event.kind,
                EventKind::ServerListed | EventKind::ServerChanged | EventKind::CredentialSet
            );
            if let Some(server) = event.server.filter(|_| may_wait && new.len() < MOST_NEW) {
                new.push_back(server);
            }
        }
    }
}

/// Begins to read those that wait for it; the others when one has ended.
async fn begin_new(
    ports: &RegistryPorts,
    reading: &mut Reading,
    new: &mut VecDeque<ServerId>,
) -> Result<(), Error> {
    while reading.has_room()
        && let Some(id) = new.front().copied()
    {
        let found = match ports.servers.find(id).await {
            // It holds up nobody else's.
            Err(PortError::Corrupt { .. }) => None,
            found => found?,
        };
        new.pop_front();
        let awaited = found
            .filter(|server| server.auto_discover && server.manifest == PinnedManifest::Awaited);
        if let Some(server) = awaited {
            let ports = ports.clone();
            reading.begin(server.id.0, async move { pin_first_manifest(&ports, server).await });
        }
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
