//! The port `Leases`: `lease:{name}` holds who has it, and ends with it.
//!
//! Without Redis the leases of the store are asked: probing goes on. Where some replicas reach Redis
//! and others do not, two may have the same lease, which is what the port says may happen.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use parking_lot::{Mutex, MutexGuard};
use registry_domain::ports::{LeaseHolder, Leases, PortError};

use crate::error::Fault;
use crate::pool::RedisPool;
use crate::time::ttl_ms;

/// How many leases may wait to be given back; others end by themselves.
const MOST_OWED: usize = 4096;

/// KEYS: the lease. ARGV: who wants it, for how long, and who wanted to give it back. Who has it
/// already gets it anew.
static ACQUIRE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[3] then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
",
    )
});

/// KEYS: the lease. ARGV: who wants to keep it, for how long.
static RENEW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
",
    )
});

/// KEYS: the lease. ARGV: who gives it back.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
",
    )
});

/// Leases on Redis.
pub struct RedisLeases {
    pool: Arc<RedisPool>,
    without: Arc<dyn Leases>,
    /// Who holds what was acquired without Redis, and until when: it is renewed and given back
    /// there, also when Redis has come back meanwhile.
    held_without: Mutex<HashMap<LeaseHolder, Instant>>,
    /// What could not be given back as Redis was away, by name: who asks for it next, here, gets it.
    owed: Mutex<HashMap<String, LeaseHolder>>,
}

impl RedisLeases {
    /// On these connections; without them, those of `without` count.
    pub fn new(pool: Arc<RedisPool>, without: Arc<dyn Leases>) -> Self {
        Self { pool, without, held_without: Mutex::default(), owed: Mutex::default() }
    }

    fn held_without(&self) -> MutexGuard<'_, HashMap<LeaseHolder, Instant>> {
        self.held_without.lock()
    }

    fn owed(&self) -> MutexGuard<'_, HashMap<String, LeaseHolder>> {
        self.owed.lock()
    }

    fn owe(&self, name: &str, holder: LeaseHolder) {
        let mut owed = self.owed();
        if owed.len() < MOST_OWED {
            // Whoever was first may have it in Redis: nobody after them was answered.
            owed.entry(name.to_owned()).or_insert(holder);
        }
    }

    /// What has ended and was never given back is forgotten.
    fn hold_without(&self, holder: LeaseHolder, ttl: Duration) {
        let now = Instant::now();
        let mut held = self.held_without();
        held.retain(|_, ends_at| *ends_at > now);
        if let Some(ends_at) = now.checked_add(ttl) {
            held.insert(holder, ends_at);
        }
    }

    async fn ask(
        &self,
        script: &'static Script,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, Fault> {
        let (key, ttl) = (self.pool.key(&format!("lease:{name}")), ttl_ms(ttl));
        let owed = self.owed().get(name).map_or_else(String::new, |holder| holder.0.to_string());
        let told: i64 = self
            .pool
            .run("ask_lease", move |mut link| async move {
                let mut call = script.prepare_invoke();
                call.key(key).arg(holder.0.to_string()).arg(ttl).arg(owed);
                call.invoke_async(&mut link).await
            })
            .await?;
        self.owed().remove(name);
        Ok(told > 0)
    }
}

impl fmt::Debug for RedisLeases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisLeases").finish_non_exhaustive()
    }
}

fn told(fault: &Fault) {
    tracing::debug!(%fault, "Redis has no word on a lease: the store's counts");
}

#[async_trait]
impl Leases for RedisLeases {
    async fn try_acquire(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        match self.ask(&ACQUIRE, name, holder, ttl).await {
            Ok(is_ours) => Ok(is_ours),
            Err(fault) => {
                told(&fault);
                // It may be ours, and only the answer have been lost.
                self.owe(name, holder);
                let is_ours = self.without.try_acquire(name, holder, ttl).await?;
                if is_ours {
                    self.hold_without(holder, ttl);
                }
                Ok(is_ours)
            }
        }
    }

    async fn renew(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        if self.held_without().contains_key(&holder) {
            self.hold_without(holder, ttl);
            return self.without.renew(name, holder, ttl).await;
        }
        match self.ask(&RENEW, name, holder, ttl).await {
            Ok(is_ours) => Ok(is_ours),
            Err(fault) => {
                told(&fault);
                self.without.renew(name, holder, ttl).await
            }
        }
    }

    async fn release(&self, name: &str, holder: LeaseHolder) -> Result<(), PortError> {
        if self.held_without().remove(&holder).is_some() {
            return self.without.release(name, holder).await;
        }
        if let Err(fault) = self.ask(&RELEASE, name, holder, Duration::ZERO).await {
            told(&fault);
            self.owe(name, holder);
        }
        Ok(())
    }
}
