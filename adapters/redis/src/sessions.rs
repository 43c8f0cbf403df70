//! The port `SessionStore`: `session:{key}` holds `{"user_context", "expiry"}`.
//!
//! Expiry is exact by our clock: it is kept with the value and looked at on each read. Redis' own
//! time to live is never shorter and only collects the garbage.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use deadpool_redis::redis::{self, AsyncCommands as _};
use jiff::Timestamp;
use registry_domain::ports::{Clock, PortError, SessionStore, Source, end_after};
use serde::{Deserialize, Serialize};

use crate::bound::{Place, WhenFull};
use crate::error::Fault;
use crate::pool::RedisPool;
use crate::time::ttl_ms;

/// Sessions on Redis, a bounded number of them.
pub struct RedisSessions {
    pool: Arc<RedisPool>,
    max_sessions: usize,
    clock: Arc<dyn Clock>,
}

/// A value as it lies in Redis. What callers put is sealed by them.
#[derive(Serialize, Deserialize)]
struct Stored {
    user_context: String,
    expiry: Timestamp,
}

impl RedisSessions {
    /// Keeps at most `max_sessions` values at a time, of all replicas together.
    pub fn new(pool: Arc<RedisPool>, max_sessions: usize, clock: Arc<dyn Clock>) -> Self {
        Self { pool, max_sessions, clock }
    }

    fn key(&self, key: &str) -> String {
        self.pool.key(&format!("session:{key}"))
    }

    fn set(&self) -> String {
        self.pool.key("sessions")
    }

    fn read(&self, stored: Option<Vec<u8>>) -> Result<Option<Bytes>, Fault> {
        let Some(stored) = stored else { return Ok(None) };
        // The key is as good as a password: it is not told.
        let unreadable = |source: Source| Fault::Unreadable { what: "a session".into(), source };
        let stored: Stored =
            serde_json::from_slice(&stored).map_err(|error| unreadable(error.into()))?;
        if self.clock.now() >= stored.expiry {
            return Ok(None);
        }
        let value =
            STANDARD.decode(stored.user_context).map_err(|error| unreadable(error.into()))?;
        Ok(Some(Bytes::from(value)))
    }
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisSessions")
            .field("max_sessions", &self.max_sessions)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for RedisSessions {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let now = self.clock.now();
        let end = end_after(now, ttl);
        let stored = Stored { user_context: STANDARD.encode(&value), expiry: end };
        let stored = serde_json::to_vec(&stored).map_err(|error| Fault::Unreadable {
            what: "a session".into(),
            source: error.into(),
        })?;
        let place = Place {
            set: self.set(),
            name: key.to_owned(),
            now,
            end,
            max: self.max_sessions,
            when_full: WhenFull::Refuse,
        };
        let (key, ttl) = (self.key(key), ttl_ms(ttl));
        let is_kept = self.pool.run("put_session", move |mut link| async move {
            let (is_free, _) = place.take(&mut link).await?;
            if is_free && ttl == 0 {
                link.del::<_, ()>(key).await?;
            } else if is_free {
                link.pset_ex::<_, _, ()>(key, stored, ttl).await?;
            }
            Ok(is_free)
        });
        if is_kept.await? { Ok(()) } else { Err(Fault::Full.into()) }
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let key = self.key(key);
        let found = self.pool.run("find_session", |mut link| async move { link.get(key).await });
        Ok(self.read(found.await?)?)
    }

    async fn take(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let (set, name, key) = (self.set(), key.to_owned(), self.key(key));
        let taken = self.pool.run("take_session", |mut link| async move {
            let taken: Option<Vec<u8>> =
                redis::cmd("GETDEL").arg(key).query_async(&mut link).await?;
            if taken.is_some()
                && let Err(error) = link.zrem::<_, _, ()>(set, name).await
            {
                // The value is ours: its place becomes free when its time is up.
                tracing::debug!(%error, "a taken session's place was not made free");
            }
            Ok(taken)
        });
        Ok(self.read(taken.await?)?)
    }
}
