//! The port `RateLimiter` in this process's memory: each process counts for itself.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use registry_domain::ports::{Admission, Clock, LimitKey, RateLimiter};
use registry_domain::rate::{Limit, Verdict};

/// Parts of the map with a lock each, so that callers rarely wait for each other.
const SHARDS: u64 = 16;

/// A key's whole state: when its next request would be exactly on schedule.
type Shard = HashMap<String, Timestamp>;

/// Counters in memory, a bounded number of them.
pub struct EmbeddedLimits {
    max_keys_per_shard: usize,
    clock: Arc<dyn Clock>,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

impl EmbeddedLimits {
    /// Counters for about `max_keys` keys at a time.
    pub fn new(max_keys: usize, clock: Arc<dyn Clock>) -> Self {
        let shards: Vec<Mutex<Shard>> = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self {
            max_keys_per_shard: max_keys.div_ceil(shards.len()).max(1),
            clock,
            hasher: RandomState::new(),
            shards,
        }
    }

    fn shard_of(&self, key: &str) -> u64 {
        self.hasher.hash_one(key) % SHARDS
    }

    /// Locks the shards of all keys, always in the same order: two callers never wait for each
    /// other in a circle.
    fn lock(&self, wanted: &[u64]) -> Vec<(u64, MutexGuard<'_, Shard>)> {
        (0_u64..)
            .zip(&self.shards)
            .filter(|(number, _)| wanted.contains(number))
            .map(|(number, shard)| (number, shard.lock()))
            .collect()
    }

    fn note(&self, shard: &mut Shard, key: &str, next_due: Timestamp, now: Timestamp) {
        if let Some(due) = shard.get_mut(key) {
            *due = next_due;
            return;
        }
        if shard.len() >= self.max_keys_per_shard {
            // A key that is due already is as good as one that was never seen.
            shard.retain(|_, due| *due > now);
        }
        if shard.len() >= self.max_keys_per_shard {
            // All are in use: the one that comes due first has the least to lose.
            let first = shard.iter().min_by_key(|(_, due)| **due).map(|(key, _)| key.clone());
            first.and_then(|first| shard.remove(&first));
        }
        shard.insert(key.to_owned(), next_due);
    }
}

/// One of the few shards that are locked.
fn of<'a>(locked: &'a mut [(u64, MutexGuard<'_, Shard>)], number: u64) -> Option<&'a mut Shard> {
    locked.iter_mut().find(|(held, _)| *held == number).map(|(_, shard)| &mut **shard)
}

impl fmt::Debug for EmbeddedLimits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedLimits")
            .field("max_keys_per_shard", &self.max_keys_per_shard)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for EmbeddedLimits {
    async fn admit(&self, keys: &[LimitKey]) -> Admission {
        let now = self.clock.now();
        let numbers: Vec<u64> = keys.iter().map(|key| self.shard_of(&key.key)).collect();
        let mut shards = self.lock(&numbers);
        let mut counted: Vec<(u64, &str, Timestamp)> = Vec::with_capacity(keys.len());
        let mut tightest: Option<(u32, Limit)> = None;
        let mut refused: Option<(Duration, &'static str, Limit)> = None;
        for (LimitKey { key, kind, limit }, number) in keys.iter().zip(numbers) {
            let due = of(&mut shards, number).and_then(|shard| shard.get(key)).copied();
            match limit.admit(due, now) {
                Verdict::Admitted { next_due, remaining } => {
                    if tightest.is_none_or(|(least, _)| remaining < least) {
                        tightest = Some((remaining, *limit));
                    }
                    counted.push((number, key, next_due));
                }
                Verdict::Limited { retry_after } => {
                    // Of several that say no, the one that says so longest.
                    if refused.is_none_or(|(longest, ..)| retry_after > longest) {
                        refused = Some((retry_after, kind, *limit));
                    }
                }
            }
        }
        if let Some((retry_after, kind, limit)) = refused {
            return Admission::Limited { kind, limit, retry_after };
        }
        for (number, key, next_due) in counted {
            if let Some(shard) = of(&mut shards, number) {
                self.note(shard, key, next_due, now);
            }
        }
        let (remaining, limit) = tightest.unzip();
        Admission::Admitted { remaining: remaining.unwrap_or(u32::MAX), limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(Timestamp);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    #[tokio::test]
    async fn a_flood_of_keys_does_not_grow_the_map() {
        let limits = EmbeddedLimits::new(32, Arc::new(At(Timestamp::UNIX_EPOCH)));
        for number in 0..1_000 {
            let key = format!("ip:{number}");
            limits.admit(&[LimitKey { key, kind: "ip", limit: Limit::per_minute(60) }]).await;
        }
        let kept: usize = limits.shards.iter().map(|shard| shard.lock().len()).sum();
        assert!(kept <= 32, "{kept}");
    }
}
