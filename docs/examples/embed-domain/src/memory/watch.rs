//! What the prober keeps of each server, and who probes.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::health::{Condition, HealthNote, Watched};
use registry_domain::id::ServerId;
use registry_domain::ports::{LeaseHolder, Leases, PortError};
use registry_domain::server::{HealthStatus, Server};

use super::{Memory, State, page};

/// What is kept beside a server's own health.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    streak: i32,
    next_probe_at: Timestamp,
    compared_at: Option<Timestamp>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { streak: 0, next_probe_at: Timestamp::UNIX_EPOCH, compared_at: None }
    }
}

impl State {
    pub(super) fn watched(&self, server: &Server) -> Watched {
        let watch = self.watches.get(&server.id).copied().unwrap_or_default();
        Watched {
            server: server.id,
            tenant: server.tenant.clone(),
            registration: server.registration,
            endpoint: server.endpoint_url.clone(),
            condition: Condition { status: server.health, streak: watch.streak },
            next_probe_at: watch.next_probe_at,
            compared_at: watch.compared_at,
        }
    }

    /// The most urgent servers, none in maintenance.
    pub(super) fn upcoming(&self, limit: u32) -> Vec<Watched> {
        let in_rotation = |server: &&Server| server.health != HealthStatus::Maintenance;
        let mut upcoming: Vec<Watched> =
            self.servers.values().filter(in_rotation).map(|server| self.watched(server)).collect();
        upcoming.sort_by_key(|watched| (watched.next_probe_at, watched.server));
        page(upcoming.into_iter(), 0, limit)
    }

    /// Keeps a finding that was judged on what stands; answers whether it was.
    pub(super) fn note(&mut self, note: &HealthNote) -> bool {
        let condition = self.servers.get(&note.server).map(|server| self.watched(server).condition);
        if condition != Some(note.before) {
            return false;
        }
        let watch = self.watches.entry(note.server).or_default();
        watch.streak = note.after.streak;
        watch.next_probe_at = note.next_probe_at;
        watch.compared_at = note.compared_at.or(watch.compared_at);
        if let Some(server) = self.servers.get_mut(&note.server) {
            server.health = note.after.status;
        }
        self.append(note.event.as_slice(), None);
        true
    }

    /// Writes what an operator orders.
    pub(super) fn order(&mut self, change: &Change<Server>) -> Result<(), PortError> {
        let current = self.servers.get(&change.next.id).map(|server| server.revision);
        if current != change.expected {
            return Err(PortError::Conflict { current });
        }
        self.watches.remove(&change.next.id);
        self.servers.insert(change.next.id, change.next.clone());
        self.append(&change.events, None);
        Ok(())
    }
}

/// One process: whoever asks is the only one.
#[async_trait]
impl Leases for Memory {
    async fn try_acquire(
        &self,
        _name: &str,
        _holder: LeaseHolder,
        _ttl: Duration,
    ) -> Result<bool, PortError> {
        Ok(true)
    }

    async fn renew(
        &self,
        _name: &str,
        _holder: LeaseHolder,
        _ttl: Duration,
    ) -> Result<bool, PortError> {
        Ok(true)
    }

    async fn release(&self, _name: &str, _holder: LeaseHolder) -> Result<(), PortError> {
        Ok(())
    }
}

impl Memory {
    /// Keeps what probes found.
    pub(super) fn keep(&self, notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        self.write(|state| {
            Ok(notes.iter().filter(|note| state.note(note)).map(|note| note.server).collect())
        })
    }
}
