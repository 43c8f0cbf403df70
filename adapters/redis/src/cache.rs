//! The port `ResponseCache`: each value under its own key, byte for byte, so that others may read
//! it there. Its end is Redis' own time to live.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_redis::redis::AsyncCommands as _;
use registry_domain::ports::{Clock, PortError, ResponseCache, end_after};

use crate::bound::{Place, WhenFull};
use crate::pool::RedisPool;
use crate::time::ttl_ms;

/// Answers on Redis, a bounded number of them and each of bounded size. A full cache forgets what
/// would have ended first.
pub struct RedisResponseCache {
    pool: Arc<RedisPool>,
    max_values: usize,
    max_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl RedisResponseCache {
    /// Keeps at most `max_values` values of at most `max_bytes` bytes each, of all replicas
    /// together.
    pub fn new(
        pool: Arc<RedisPool>,
        max_values: usize,
        max_bytes: usize,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { pool, max_values: max_values.max(1), max_bytes, clock }
    }

    fn set(&self) -> String {
        self.pool.key("cached")
    }
}

impl fmt::Debug for RedisResponseCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisResponseCache")
            .field("max_values", &self.max_values)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ResponseCache for RedisResponseCache {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let ttl_ms = ttl_ms(ttl);
        if value.len() > self.max_bytes || ttl_ms == 0 {
            return self.forget(key).await;
        }
        let now = self.clock.now();
        let full_key = self.pool.key(key);
        // The set holds whole keys: what has to go is named in it as it must be deleted.
        let place = Place {
            set: self.set(),
            name: full_key.clone(),
            now,
            end: end_after(now, ttl),
            max: self.max_values,
            when_full: WhenFull::MakeRoom,
        };
        let kept = self.pool.run("put_response", move |mut link| async move {
            let (_, gone) = place.take(&mut link).await?;
            for key in gone {
                link.unlink::<_, ()>(key).await?;
            }
            link.pset_ex(full_key, value.as_ref(), ttl_ms).await
        });
        Ok(kept.await?)
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let key = self.pool.key(key);
        let found: Option<Vec<u8>> =
            self.pool.run("find_response", |mut link| async move { link.get(key).await }).await?;
        Ok(found.map(Bytes::from))
    }

    async fn forget(&self, key: &str) -> Result<(), PortError> {
        let (set, key) = (self.set(), self.pool.key(key));
        let forgotten = self.pool.run("forget_response", |mut link| async move {
            link.unlink::<_, ()>(&key).await?;
            link.zrem::<_, _, ()>(set, key).await
        });
        Ok(forgotten.await?)
    }
}
