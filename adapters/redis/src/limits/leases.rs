//! Tokens that were leased and not used yet, by key.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use registry_domain::rate::Limit;

/// Parts of the map with a lock each, so that callers rarely wait for each other.
const SHARDS: u64 = 16;

/// Limits below this are counted one by one.
const MIN_PER_MINUTE: u32 = 600;
/// The most tokens of one lease.
const MAX_BLOCK: u32 = 64;

type Shard = Mutex<Kept>;

#[derive(Default)]
struct Kept {
    by_key: HashMap<String, Lease>,
    /// Keys for which a block is being leased: others who come meanwhile fetch a token for
    /// themselves, so that a replica never holds more than a block that nobody uses.
    pending: HashSet<String>,
}

struct Lease {
    tokens: u32,
    /// How many more Redis had.
    left: u32,
    interval_us: i64,
    since: Timestamp,
}

/// How many tokens to lease at once. A hundredth of what is due in a minute, shared by the
/// replicas; a tenth of the burst at most, so that nobody holds what the others want; one for
/// limits under 600 per minute, which are exact.
pub(super) fn block(limit: Limit, live_replicas: usize) -> u32 {
    if limit.per_minute < MIN_PER_MINUTE {
        return 1;
    }
    let replicas = u32::try_from(live_replicas).unwrap_or(u32::MAX).max(1);
    let shared = (limit.per_minute / 100).min(limit.burst / 10) / replicas;
    shared.clamp(1, MAX_BLOCK)
}

/// All leases, a bounded number of them.
pub(super) struct Leases {
    max_per_shard: usize,
    hasher: RandomState,
    shards: Vec<Shard>,
}

impl Leases {
    pub(super) fn new(max_leases: usize) -> Self {
        let shards: Vec<Shard> = (0..SHARDS).map(|_| Mutex::default()).collect();
        let max_per_shard = max_leases.div_ceil(shards.len()).max(1);
        Self { max_per_shard, hasher: RandomState::new(), shards }
    }

    fn shard(&self, key: &str) -> Option<&Shard> {
        let number = self.hasher.hash_one(key) % SHARDS;
        self.shards.get(usize::try_from(number).unwrap_or_default())
    }

    /// Whether a block of this key may be leased now, by whom gets the reservation.
    pub(super) fn reserve(self: &Arc<Self>, key: &str) -> Option<Reservation> {
        let mut shard = self.shard(key)?.lock();
        if shard.by_key.len().saturating_add(shard.pending.len()) >= self.max_per_shard {
            return None;
        }
        let reservation = || Reservation { leases: Arc::clone(self), key: key.to_owned() };
        shard.pending.insert(key.to_owned()).then(reservation)
    }

    /// Uses a leased token; answers how many more there are, if there was one.
    pub(super) fn take(&self, key: &str) -> Option<u32> {
        let mut shard = self.shard(key)?.lock();
        let lease = shard.by_key.get_mut(key)?;
        lease.tokens = lease.tokens.saturating_sub(1);
        let more = lease.tokens.saturating_add(lease.left);
        if lease.tokens == 0 {
            shard.by_key.remove(key);
        }
        Some(more)
    }

    /// Keeps tokens of a new lease, `left` being how many more Redis has. What somebody else leased
    /// meanwhile is added to; the older lease counts, so that nothing is held for longer than a
    /// lease's time.
    pub(super) fn keep(&self, key: &str, tokens: u32, left: u32, limit: Limit, now: Timestamp) {
        if tokens > 0 {
            self.add(key, tokens, left, limit, now, |lease| lease.left = left);
        }
    }

    /// Puts back a token that was taken and not used; `more` is what was told when it was taken.
    pub(super) fn put_back(&self, key: &str, more: u32, limit: Limit, now: Timestamp) {
        // If it was the last one, all that there was more of is in Redis.
        self.add(key, 1, more, limit, now, |_| {});
    }

    fn add(
        &self,
        key: &str,
        tokens: u32,
        left: u32,
        limit: Limit,
        now: Timestamp,
        note: impl FnOnce(&mut Lease),
    ) {
        let Some(shard) = self.shard(key) else { return };
        let mut shard = shard.lock();
        let interval_us = limit.emission_interval_us();
        let new = Lease { tokens: 0, left, interval_us, since: now };
        let lease = shard.by_key.entry(key.to_owned()).or_insert(new);
        lease.tokens = lease.tokens.saturating_add(tokens);
        note(lease);
    }

    /// Takes out the leases that are older than `age`: keys, and what their unused tokens come to
    /// in microseconds.
    pub(super) fn end(&self, now: Timestamp, age: Duration) -> Vec<(String, i64)> {
        let is_over = |lease: &Lease| {
            now.duration_since(lease.since) >= SignedDuration::try_from(age).unwrap_or_default()
        };
        let unused = |(key, lease): (String, Lease)| {
            (key, lease.interval_us.saturating_mul(i64::from(lease.tokens)))
        };
        self.shards
            .iter()
            .flat_map(|shard| {
                let mut shard = shard.lock();
                shard.by_key.extract_if(|_, lease| is_over(lease)).map(unused).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// The right to lease a block; dropping it leaves that to the next one.
pub(super) struct Reservation {
    leases: Arc<Leases>,
    key: String,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(shard) = self.leases.shard(&self.key) {
            shard.lock().pending.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_limits_and_small_bursts_are_not_leased_in_blocks() {
        for (per_minute, burst, replicas, expected) in [
            (60, 60, 1, 1),
            (599, 599, 1, 1),
            (600, 600, 1, 6),
            (600, 600, 3, 2),
            (6_000, 20, 1, 2),
            (6_000, 20, 4, 1),
            (6_000, 6_000, 2, 30),
            (120_000, 120_000, 1, 64),
            (120_000, 120_000, 100, 12),
        ] {
            let limit = Limit { per_minute, burst };
            assert_eq!(block(limit, replicas), expected, "{limit:?} {replicas}");
        }
    }

    #[test]
    fn one_at_a_time_leases_a_block() {
        let leases = Arc::new(Leases::new(16));
        let first = leases.reserve("a");
        assert!(first.is_some());
        assert!(leases.reserve("a").is_none());
        drop(first);
        assert!(leases.reserve("a").is_some());
    }

    #[test]
    fn leases_are_bounded_used_up_and_ended() {
        let leases = Arc::new(Leases::new(16));
        let (limit, now) = (Limit::per_minute(60_000), Timestamp::UNIX_EPOCH);
        leases.keep("a", 2, 5, limit, now);
        assert_eq!(
            [leases.take("a"), leases.take("a"), leases.take("a")],
            [Some(6), Some(5), None]
        );
        leases.keep("a", 3, 5, limit, now);
        // What was put back is there again, once.
        assert_eq!(leases.take("a"), Some(7));
        leases.put_back("a", 7, limit, now);
        assert_eq!(leases.take("a"), Some(7));
        leases.put_back("a", 7, limit, now);
        // A part that is full says no; which part a key is of differs from run to run.
        let reserved: Vec<_> = (0..1_000).filter_map(|n| leases.reserve(&n.to_string())).collect();
        assert!((1..=16).contains(&reserved.len()), "{}", reserved.len());
        drop(reserved);
        assert!(leases.end(now, Duration::from_secs(1)).is_empty());
        let ended = leases.end(now + SignedDuration::from_secs(1), Duration::from_secs(1));
        assert!(ended.contains(&("a".to_owned(), 3_000)), "{ended:?}");
        assert_eq!(leases.take("a"), None);
    }
}
