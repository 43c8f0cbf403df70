//! The routing snapshot that the call path reads, and the task that keeps it true.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::ports::GatewayPorts;
use registry_domain::routing::RoutingTable;
use registry_domain::use_cases::{load_routes, refresh_routes};
use tokio::sync::Mutex;

use crate::changes::Changes;

/// After how long a refresh that failed is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// How long to leave the store alone when there was nothing new although the wait had ended.
const BREATH: Duration = Duration::from_millis(200);

/// The routing snapshot.
#[derive(Debug)]
pub struct Routes {
    table: ArcSwap<RoutingTable>,
    refreshed_at_us: AtomicI64,
    changes: Changes,
    /// Held while the snapshot is brought up to date: an older one never replaces a newer one.
    refreshing: Mutex<()>,
}

impl Routes {
    /// Reads the first snapshot.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without the store.
    pub async fn load(ports: &GatewayPorts) -> Result<Self, Error> {
        let table = load_routes(ports).await?;
        Ok(Self {
            table: ArcSwap::from_pointee(table),
            refreshed_at_us: AtomicI64::new(ports.clock.now().as_microsecond()),
            changes: Changes::default(),
            refreshing: Mutex::new(()),
        })
    }

    /// The snapshot, without a lock. Hold it no longer than one call.
    pub fn now(&self) -> Guard<Arc<RoutingTable>> {
        self.table.load()
    }

    /// Tells what changes.
    pub(crate) const fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Lets those go who listen for changes: the process is about to end.
    pub fn let_go(&self) {
        self.changes.stop();
    }

    /// When the snapshot was last known to be true.
    pub fn refreshed_at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.refreshed_at_us.load(Ordering::Relaxed))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Brings the snapshot up to date with the event log, once. Where an event, or the server that
    /// it names, does not read, as a newer program may have written it, all servers are read anew:
    /// that leaves out what does not read, and holds up nothing that came later.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the old snapshot stays.
    pub async fn refresh(&self, ports: &GatewayPorts) -> Result<(), Error> {
        let _alone = self.refreshing.lock().await;
        let old = self.table.load_full();
        let new = match refresh_routes(ports, &old).await {
            Err(error @ Error::Internal(_)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "an event cannot be followed; all servers are read anew");
                load_routes(ports).await?
            }
            refreshed => refreshed?,
        };
        if new.as_of() != old.as_of() {
            let new = Arc::new(new);
            self.table.store(Arc::clone(&new));
            self.changes.between(&old, &new);
        }
        self.refreshed_at_us.store(ports.clock.now().as_microsecond(), Ordering::Relaxed);
        Ok(())
    }

    /// Follows the event log until the task is dropped. While the store is away the snapshot
    /// keeps serving, and the log says so once per change of fortune.
    pub async fn follow(&self, ports: &GatewayPorts) -> Infallible {
        let mut failing = false;
        loop {
            let known = self.table.load().as_of();
            ports.events.wait(known).await;
            match self.refresh(ports).await {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("routes are fresh again");
                }
                // A wait may end early. One that always did would make this a loop without rest.
                Ok(()) if self.table.load().as_of() == known => tokio::time::sleep(BREATH).await,
                Ok(()) => {}
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "routes cannot be refreshed; the last snapshot keeps serving");
                    }
                    failing = true;
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}
