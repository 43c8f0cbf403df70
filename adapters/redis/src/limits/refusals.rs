//! Keys that Redis refused a moment ago. It is asked once and not again for a moment, so that who
//! is over a limit and does not care cannot make everyone else wait for Redis.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;

struct Refusal {
    /// When the key would admit again, by our clock.
    until: Timestamp,
    /// When Redis is asked again all the same: another replica may have given tokens back. In real
    /// time, as it is about load and not about what is right.
    forgotten_at: Instant,
}

/// What was refused, a bounded number of keys.
pub(super) struct Refusals {
    memory: Duration,
    max_keys: usize,
    /// How many there are, so that nobody takes the lock where there are none.
    count: AtomicUsize,
    by_key: Mutex<HashMap<String, Refusal>>,
}

impl Refusals {
    pub(super) fn new(memory: Duration, max_keys: usize) -> Self {
        Self { memory, max_keys, count: AtomicUsize::new(0), by_key: Mutex::default() }
    }

    /// How long the key has to wait, if it was refused a moment ago.
    pub(super) fn find(&self, key: &str, now: Timestamp) -> Option<Duration> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut by_key = self.by_key.lock();
        let refusal = by_key.get(key)?;
        let wait = Duration::try_from(refusal.until.duration_since(now)).unwrap_or_default();
        if wait.is_zero() || refusal.forgotten_at <= Instant::now() {
            by_key.remove(key);
            self.count.store(by_key.len(), Ordering::Relaxed);
            return None;
        }
        Some(wait)
    }

    /// Remembers a refusal, if there is room.
    pub(super) fn keep(&self, key: &str, now: Timestamp, wait: Duration) {
        let (moment, Ok(until)) = (Instant::now(), now.checked_add(wait)) else { return };
        let Some(forgotten_at) = moment.checked_add(self.memory) else { return };
        let mut by_key = self.by_key.lock();
        if by_key.len() >= self.max_keys {
            by_key.retain(|_, refusal| refusal.forgotten_at > moment);
        }
        if by_key.len() < self.max_keys {
            by_key.insert(key.to_owned(), Refusal { until, forgotten_at });
        }
        self.count.store(by_key.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_refusal_is_told_until_its_time_and_only_so_many_are_kept() {
        let (refusals, now) = (Refusals::new(Duration::from_hours(1), 2), Timestamp::UNIX_EPOCH);
        assert_eq!(refusals.find("a", now), None);
        for key in ["a", "b", "c"] {
            refusals.keep(key, now, SECOND);
        }
        assert_eq!(refusals.find("c", now), None);
        let later = now + Duration::from_micros(999_999);
        assert_eq!(refusals.find("a", later), Some(Duration::from_micros(1)));
        assert_eq!(refusals.find("a", now + SECOND), None);
        refusals.keep("c", now, SECOND);
        assert_eq!(refusals.find("c", now), Some(SECOND));
    }

    #[test]
    fn redis_is_asked_again_after_a_moment() {
        let (refusals, now) = (Refusals::new(Duration::ZERO, 2), Timestamp::UNIX_EPOCH);
        refusals.keep("a", now, SECOND);
        assert_eq!(refusals.find("a", now), None);
    }
}
