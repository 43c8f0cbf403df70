//! The port `ProbeStore`: `health:{server_id}` holds `{"status", "last_check", "details"}`.
//!
//! The members are a promise to others who read the key; so the end is Redis' own time to live,
//! which is exact to the millisecond of Redis' clock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::AsyncCommands as _;
use jiff::Timestamp;
use registry_domain::id::ServerId;
use registry_domain::ports::{PortError, ProbeStore, ServerHealth, Source};
use registry_domain::server::HealthStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Fault;
use crate::pool::RedisPool;
use crate::time::ttl_ms;

/// The last probe of each server, on Redis.
pub struct RedisProbeStore {
    pool: Arc<RedisPool>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    status: String,
    last_check: Timestamp,
    details: Value,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such status")]
struct UnknownStatus;

impl RedisProbeStore {
    /// On these connections.
    pub fn new(pool: Arc<RedisPool>) -> Self {
        Self { pool }
    }

    fn key(&self, server: ServerId) -> String {
        self.pool.key(&format!("health:{server}"))
    }
}

impl fmt::Debug for RedisProbeStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisProbeStore").finish_non_exhaustive()
    }
}

fn unreadable(server: ServerId, source: Source) -> Fault {
    Fault::Unreadable { what: format!("health:{server}"), source }
}

fn read(stored: &[u8]) -> Result<ServerHealth, Source> {
    let Stored { status, last_check, details } = serde_json::from_slice(stored)?;
    let status = HealthStatus::parse(&status).ok_or(UnknownStatus)?;
    Ok(ServerHealth { status, last_check, details })
}

#[async_trait]
impl ProbeStore for RedisProbeStore {
    async fn put(
        &self,
        server: ServerId,
        health: &ServerHealth,
        ttl: Duration,
    ) -> Result<(), PortError> {
        let stored = Stored {
            status: health.status.as_str().to_owned(),
            last_check: health.last_check,
            details: health.details.clone(),
        };
        let stored =
            serde_json::to_vec(&stored).map_err(|error| unreadable(server, error.into()))?;
        let (key, ttl) = (self.key(server), ttl_ms(ttl));
        let kept = self.pool.run("put_health", move |mut link| async move {
            if ttl == 0 {
                return link.del(key).await;
            }
            link.pset_ex(key, stored, ttl).await
        });
        Ok(kept.await?)
    }

    async fn find(&self, server: ServerId) -> Result<Option<ServerHealth>, PortError> {
        let key = self.key(server);
        let found: Option<Vec<u8>> =
            self.pool.run("find_health", |mut link| async move { link.get(key).await }).await?;
        let health = found.as_deref().map(read).transpose();
        Ok(health.map_err(|source| unreadable(server, source))?)
    }
}
