//! `ProbeStore`: the last probe of each server, for as long as the process runs.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_domain::id::ServerId;
use registry_domain::ports::{PortError, ProbeStore, ServerHealth};

/// The last probes. This service probes on each turn, so nothing gets old enough to be forgotten.
#[derive(Debug, Default)]
pub(crate) struct LastProbes(Mutex<BTreeMap<ServerId, ServerHealth>>);

#[async_trait]
impl ProbeStore for LastProbes {
    async fn put(
        &self,
        server: ServerId,
        health: &ServerHealth,
        _ttl: Duration,
    ) -> Result<(), PortError> {
        self.0.lock().insert(server, health.clone());
        Ok(())
    }

    async fn find(&self, server: ServerId) -> Result<Option<ServerHealth>, PortError> {
        Ok(self.0.lock().get(&server).cloned())
    }
}
