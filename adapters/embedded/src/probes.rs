//! The port `ProbeStore` in this process's memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::id::ServerId;
use registry_domain::ports::{Clock, PortError, ProbeStore, ServerHealth, end_after};

/// The last probe of each server. There are at most as many as there are servers; what nobody
/// repeats is dropped by the next probe of any server.
pub struct EmbeddedProbeStore {
    clock: Arc<dyn Clock>,
    probes: Mutex<Probes>,
}

#[derive(Default)]
struct Probes {
    by_server: HashMap<ServerId, (ServerHealth, Timestamp)>,
    /// How many there may be before the ended ones are looked for.
    swept_at: usize,
}

impl EmbeddedProbeStore {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, probes: Mutex::default() }
    }
}

impl fmt::Debug for EmbeddedProbeStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedProbeStore").finish_non_exhaustive()
    }
}

impl Probes {
    /// Looks at all only when their number has doubled: one put costs little on average.
    fn sweep(&mut self, now: Timestamp) {
        if self.by_server.len() >= self.swept_at {
            self.by_server.retain(|_, (_, end)| now < *end);
            self.swept_at = self.by_server.len().saturating_mul(2).max(64);
        }
    }
}

#[async_trait]
impl ProbeStore for EmbeddedProbeStore {
    async fn put(
        &self,
        server: ServerId,
        health: &ServerHealth,
        ttl: Duration,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        let mut probes = self.probes.lock();
        probes.sweep(now);
        probes.by_server.insert(server, (health.clone(), end_after(now, ttl)));
        Ok(())
    }

    async fn find(&self, server: ServerId) -> Result<Option<ServerHealth>, PortError> {
        let now = self.clock.now();
        let probes = self.probes.lock();
        let found = probes.by_server.get(&server).filter(|(_, end)| now < *end);
        Ok(found.map(|(health, _)| health.clone()))
    }
}
