//! Whether Redis answers and takes writes.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use registry_domain::ports::{PoolState, PortError, StoreHealth};

use crate::error::Fault;
use crate::pool::RedisPool;

/// Tells whether Redis answers and takes writes, and about its connections.
pub struct RedisHealth {
    pool: Arc<RedisPool>,
}

impl RedisHealth {
    /// Of these connections.
    pub fn new(pool: Arc<RedisPool>) -> Self {
        Self { pool }
    }
}

impl fmt::Debug for RedisHealth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisHealth").finish_non_exhaustive()
    }
}

#[async_trait]
impl StoreHealth for RedisHealth {
    async fn check(&self) -> Result<(), PortError> {
        tokio::time::timeout(self.pool.options.health_timeout, self.pool.check())
            .await
            .map_err(|_| Fault::Late { place: self.pool.shared_place() })
            .flatten()
            .map_err(PortError::from)
    }

    fn pool(&self) -> PoolState {
        self.pool.pools.state()
    }

    fn kind(&self) -> &'static str {
        "redis"
    }
}
