//! A server is asked whether it speaks MCP right now: by one replica, once per interval.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::Error;
use crate::event::{EventKind, RegistryEvent};
use crate::health::{HealthNote, ProbeRules, Verdict, Watched, next_probe};
use crate::id::ServerId;
use crate::ports::{Dial, LeaseHolder, RegistryPorts, ServerHealth, UpstreamFailure};
use crate::server::HealthStatus;

use super::compare_manifest;
use super::credentials::opened;

/// How much longer than a probe its lease lasts: for the store to be written.
const TO_WRITE: Duration = Duration::from_secs(5);
/// How long reading everything that a server offers may take, with what is written of it.
const TO_COMPARE: Duration = Duration::from_secs(90);

/// A server's turn to be asked: this replica asks it, and meanwhile no other does.
#[derive(Debug)]
pub struct ProbeTurn {
    watched: Watched,
    lease: (String, LeaseHolder),
}

/// A probe that was made and is to be kept; until then nobody else makes one.
#[derive(Debug)]
pub struct Probed {
    note: HealthNote,
    health: ServerHealth,
    lease: (String, LeaseHolder),
}

/// Takes a server's turn, to be ended by [`keep_probes`] or [`leave_probe`]. There is none where
/// another replica is at it or was faster, where the server is gone, or in maintenance.
///
/// # Errors
/// [`Error::Unavailable`] where nobody can say whose turn it is.
pub async fn take_probe_turn(
    ports: &RegistryPorts,
    id: ServerId,
    rules: &ProbeRules,
) -> Result<Option<ProbeTurn>, Error> {
    let lease = (format!("probe:{id}"), LeaseHolder(ports.ids.next()));
    let ttl = rules.timeout.saturating_add(TO_WRITE);
    if !ports.leases.try_acquire(&lease.0, lease.1, ttl).await? {
        return Ok(None);
    }
    // Read under the lease: what another replica has just kept counts.
    let watched = ports.servers.find_watched(id).await?;
    let is_due = |watched: &Watched| {
        watched.condition.status != HealthStatus::Maintenance
            && watched.is_due(ports.clock.now(), rules.interval)
    };
    let Some(watched) = watched.filter(is_due) else {
        ports.leases.release(&lease.0, lease.1).await?;
        return Ok(None);
    };
    Ok(Some(ProbeTurn { watched, lease }))
}

/// Gives a turn back whose probe was cut off: the server is still due, and others may ask it at once
/// instead of when the lease has ended.
///
/// # Errors
/// [`Error::Unavailable`]; then the lease ends by itself.
pub async fn leave_probe(ports: &RegistryPorts, turn: ProbeTurn) -> Result<(), Error> {
    let (name, holder) = turn.lease;
    Ok(ports.leases.release(&name, holder).await?)
}

/// Probes a server whose turn it is, and compares what it offers with what is pinned where it is
/// time for that. A server that fails is a result, not an error. It may be cut off anywhere.
///
/// # Errors
/// [`Error::Unavailable`] without the store.
pub async fn probe_server(
    ports: &RegistryPorts,
    turn: &ProbeTurn,
    rules: &ProbeRules,
) -> Result<Probed, Error> {
    let (note, health) = probe(ports, &turn.watched, rules, &turn.lease).await?;
    Ok(Probed { note, health, lease: turn.lease.clone() })
}

async fn probe(
    ports: &RegistryPorts,
    watched: &Watched,
    rules: &ProbeRules,
    lease: &(String, LeaseHolder),
) -> Result<(HealthNote, ServerHealth), Error> {
    let credential = opened(ports, watched.server, &watched.endpoint).await?;
    let at = ports.clock.now();
    let dial = Dial::with(&watched.endpoint, credential.as_ref());
    let failure = ports.upstream.probe(dial).await.err();
    let took_ms = ports.clock.now().duration_since(at).as_millis().max(0);
    let verdict = Verdict::of(failure.as_ref().map(|failure| failure.class));
    let after = watched.condition.after(verdict, rules.thresholds);
    let fault_class = failure.as_ref().map(|failure| failure.class.as_str());
    let health = ServerHealth {
        status: after.status,
        last_check: at,
        details: details(took_ms, after.streak, failure),
    };
    let is_to_be_compared =
        verdict == Verdict::Alive && watched.is_to_be_compared(at, rules.drift_interval);
    // Who lost the lease meanwhile leaves the reading to its next holder.
    let compared_at = (is_to_be_compared
        && ports.leases.renew(&lease.0, lease.1, TO_COMPARE).await?)
        .then_some(at);
    if compared_at.is_some() {
        compare_manifest(ports, watched.server).await?;
    }
    let event = (after.status != watched.condition.status).then(|| {
        let said = json!({
            "previous": watched.condition.status.as_str(),
            "status": after.status.as_str(),
            "fault_class": fault_class,
            "response_time_ms": took_ms,
        });
        let event = RegistryEvent::by_product(EventKind::ServerHealthChanged, ports.stamp());
        RegistryEvent {
            registration: watched.registration,
            ..event.on_server(watched.server, watched.tenant.clone()).saying(said)
        }
    });
    let note = HealthNote {
        server: watched.server,
        before: watched.condition,
        after,
        at,
        next_probe_at: next_probe(watched.server, rules.interval, at),
        compared_at,
        event,
    };
    Ok((note, health))
}

fn details(took_ms: i128, streak: i32, failure: Option<UpstreamFailure>) -> Value {
    json!({
        "response_time_ms": took_ms,
        "in_a_row": streak.unsigned_abs(),
        "fault_class": failure.as_ref().map(|failure| failure.class.as_str()),
        "detail": failure.map(|failure| failure.detail),
    })
}

/// Keeps what probes found, its details for `kept_for`, and lets others probe again.
///
/// # Errors
/// [`Error::Unavailable`]; without the store the servers are probed again when their leases have
/// ended, without the store of details only those are lost.
pub async fn keep_probes(
    ports: &RegistryPorts,
    probed: Vec<Probed>,
    kept_for: Duration,
) -> Result<(), Error> {
    let notes: Vec<HealthNote> = probed.iter().map(|probed| probed.note.clone()).collect();
    let written: HashSet<ServerId> = ports.servers.note_health(&notes).await?.into_iter().collect();
    let mut kept = Ok(());
    for Probed { note, health, lease: (name, holder) } in probed {
        if written.contains(&note.server) {
            kept = kept.and(ports.probes.put(note.server, &health, kept_for).await);
        }
        kept = kept.and(ports.leases.release(&name, holder).await);
    }
    Ok(kept?)
}
