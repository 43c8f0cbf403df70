//! Seals what was recorded, and lets go of what is old enough.
//!
//! Each process seals its own chain of operations. One of all replicas, who has the lease, seals the
//! audit trail and what writers left who are gone, and purges. Doing any of it twice is harmless: of
//! two seals that begin at one place the store keeps one.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::Error;
use registry_domain::event::EventSeq;
use registry_domain::ports::{Ids, LeaseHolder, Leases, SealPorts};
use registry_domain::use_cases::{purge_records, seal_abandoned, seal_audit, seal_chain};
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;
use crate::boot::Runtime;
use crate::settings::AuditSettings;
use crate::writer::Writer;

/// The lease of who seals what is nobody's own.
const LEASE: &str = "seal-records";
/// How many intervals a writer that says nothing is taken for one who may come back, and the lease
/// of one who does not renew it lasts.
const PATIENCE: u32 = 5;

/// What the job works with.
pub(super) struct Sealing {
    pub(super) ports: SealPorts,
    pub(super) leases: Arc<dyn Leases>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) writer: Arc<Writer>,
    pub(super) settings: AuditSettings,
}

/// Seals until told to stop. What is being sealed when that happens is sealed by the next start.
pub(super) async fn run(sealing: Sealing, stop: CancellationToken) {
    let holder = LeaseHolder(sealing.ids.next());
    let turns = async {
        let mut fortune = Fortune::of("sealing records");
        let mut looked = EventSeq::default();
        loop {
            tokio::time::sleep(sealing.settings.seal_interval).await;
            fortune.note(&turn(&sealing, holder, &mut looked).await);
        }
    };
    stop.run_until_cancelled(turns).await;
    // If the store is away, the lease ends by itself.
    let _ = sealing.leases.release(LEASE, holder).await;
}

async fn turn(sealing: &Sealing, holder: LeaseHolder, looked: &mut EventSeq) -> Result<(), Error> {
    let Sealing { ports, writer, settings, .. } = sealing;
    let patience = settings.seal_interval.saturating_mul(PATIENCE).max(Duration::from_secs(5));
    let own = writer.chains();
    for chain in &own {
        seal_chain(ports, chain).await?;
    }
    if sealing.leases.try_acquire(LEASE, holder, patience).await? {
        *looked = seal_audit(ports, *looked).await?;
        seal_abandoned(ports, &own, patience).await?;
        for kept in [settings.operations, settings.trail] {
            let now = ports.clock.now();
            let purged = purge_records(ports.seals.as_ref(), kept, now).await?;
            if purged > 0 {
                let log = kept.log.as_str();
                tracing::info!(log, seals = purged, "old records are purged; their seals are kept");
            }
        }
    }
    Ok(())
}

/// Seals what this process wrote, once: for the end.
pub(crate) async fn seal_own_once(runtime: &Runtime) {
    for chain in runtime.writer.chains() {
        if let Err(error) = seal_chain(&runtime.seal_ports(), &chain).await {
            tracing::warn!(%error, "the last records have no seal yet; another process makes it");
        }
    }
}
