//! What the test of an adapter of the smaller ports provides: how to make one that is empty and
//! apart from all others, as behaviours run in parallel.

use std::sync::Arc;

use async_trait::async_trait;
use libtest_mimic::Failed;
use registry_domain::ports::{
    Leases, LiveEvents, ProbeStore, RateLimiter, ReplicaBus, ResponseCache, SessionStore,
};

use crate::clock::MockClock;

/// Makes session stores.
#[async_trait]
pub trait SessionsAdapter: Send + Sync {
    /// Makes an empty store for at most `max_sessions` values.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn make(
        &self,
        max_sessions: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn SessionStore>, Failed>;
}

/// Makes rate limiters.
#[async_trait]
pub trait LimitsAdapter: Send + Sync {
    /// Whether the limiters of several replicas share their counts.
    fn is_shared(&self) -> bool;

    /// Makes the limiters of so many replicas of one deployment that has counted nothing yet.
    ///
    /// # Errors
    /// When they cannot be made.
    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn RateLimiter>>, Failed>;
}

/// Makes health stores.
#[async_trait]
pub trait HealthAdapter: Send + Sync {
    /// Makes an empty store.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn make(&self, clock: Arc<MockClock>) -> Result<Arc<dyn ProbeStore>, Failed>;
}

/// Makes leases.
#[async_trait]
pub trait LeasesAdapter: Send + Sync {
    /// Makes what so many replicas of one deployment see of the same leases, none taken so far.
    ///
    /// # Errors
    /// When they cannot be made.
    async fn make(
        &self,
        replicas: usize,
        clock: Arc<MockClock>,
    ) -> Result<Vec<Arc<dyn Leases>>, Failed>;
}

/// Makes response caches.
#[async_trait]
pub trait CacheAdapter: Send + Sync {
    /// Makes an empty cache for at most `max_values` values of at most `max_bytes` bytes each.
    ///
    /// # Errors
    /// When it cannot be made.
    async fn make(
        &self,
        max_values: usize,
        max_bytes: usize,
        clock: Arc<MockClock>,
    ) -> Result<Arc<dyn ResponseCache>, Failed>;
}

/// Makes replica buses.
#[async_trait]
pub trait BusAdapter: Send + Sync {
    /// Makes the buses of so many replicas of one deployment, all of them live.
    ///
    /// # Errors
    /// When they cannot be made.
    async fn make(&self, replicas: usize) -> Result<Vec<Arc<dyn ReplicaBus>>, Failed>;
}

/// Makes live events.
#[async_trait]
pub trait LiveEventsAdapter: Send + Sync {
    /// Makes what so many replicas of one deployment see of the same events, none so far; at most
    /// `max_events` are kept.
    ///
    /// # Errors
    /// When they cannot be made.
    async fn make(
        &self,
        replicas: usize,
        max_events: usize,
    ) -> Result<Vec<Arc<dyn LiveEvents>>, Failed>;
}
