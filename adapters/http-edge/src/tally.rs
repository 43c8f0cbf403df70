//! How many requests this process answered, how well and how fast, in a few numbers: what the key
//! `metrics:system` tells.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;

/// How many times each doubling of a duration is divided: a percentile is within an eighth.
const STEPS: u64 = 8;
/// Enough for any number of microseconds that fits.
const BUCKETS: usize = 64 * 8;
/// How far back the rate of the last minute looks, in seconds.
const MINUTE: u64 = 60;
/// The bits of a slot's counts; a second that is told more stays at the most.
const COUNT_BITS: u32 = 18;
const MOST: u64 = (1 << COUNT_BITS) - 1;

/// Counts requests for the whole process.
#[derive(Debug)]
pub struct Tally {
    began: Instant,
    errors: AtomicU64,
    micros: AtomicU64,
    buckets: Box<[AtomicU64]>,
    /// One slot per second: the second, all requests in it, and those that failed, in one number.
    seconds: Box<[AtomicU64]>,
}

impl Default for Tally {
    fn default() -> Self {
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            began: Instant::now(),
            errors: AtomicU64::new(0),
            micros: AtomicU64::new(0),
            buckets: zeros(BUCKETS),
            seconds: zeros(60),
        }
    }
}

/// What was counted up to a moment.
#[derive(Debug, Clone, Default)]
pub struct Tallied {
    /// All requests.
    pub total: u64,
    /// Those that failed on our side: answers of 500 and above.
    pub errors: u64,
    /// All requests of the last minute.
    pub last_minute: u64,
    /// Those of them that failed.
    pub last_minute_errors: u64,
    micros: u64,
    buckets: Vec<u64>,
}

impl Tally {
    /// Counts an answer.
    pub fn note(&self, status: StatusCode, took: Duration) {
        let failed = status.is_server_error();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX >> 1);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        if failed {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(bucket) = self.buckets.get(bucket_of(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.note_second(self.began.elapsed().as_secs(), failed);
    }

    fn note_second(&self, second: u64, failed: bool) {
        let slot = usize::try_from(second % MINUTE).ok().and_then(|slot| self.seconds.get(slot));
        let Some(slot) = slot else { return };
        // The closure always gives a number.
        let _ = slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| {
            let (of, total, errors) = unpacked(old);
            let (total, errors) = if of == second { (total, errors) } else { (0, 0) };
            Some(packed(second, total + 1, errors + u64::from(failed)))
        });
    }

    /// What was counted so far.
    pub fn so_far(&self) -> Tallied {
        self.at(self.began.elapsed().as_secs())
    }

    fn at(&self, now: u64) -> Tallied {
        let buckets: Vec<u64> =
            self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let recent = self
            .seconds
            .iter()
            .map(|slot| unpacked(slot.load(Ordering::Relaxed)))
            .filter(|(second, ..)| now.saturating_sub(*second) < MINUTE);
        let (last_minute, last_minute_errors) =
            recent.fold((0, 0), |(all, bad), (_, total, errors)| (all + total, bad + errors));
        Tallied {
            total: buckets.iter().sum(),
            errors: self.errors.load(Ordering::Relaxed),
            last_minute,
            last_minute_errors,
            micros: self.micros.load(Ordering::Relaxed),
            buckets,
        }
    }
}

impl Tallied {
    /// How long the answers took that came after `before`: the average and the percentiles asked
    /// for, in milliseconds. Zeros where there were none.
    pub fn times_since(&self, before: &Self, percentiles: &[u64]) -> (f64, Vec<f64>) {
        let counts: Vec<u64> = self
            .buckets
            .iter()
            .enumerate()
            .map(|(at, now)| now.saturating_sub(before.buckets.get(at).copied().unwrap_or(0)))
            .collect();
        let count: u64 = counts.iter().sum();
        let micros = self.micros.saturating_sub(before.micros);
        let average = micros.checked_div(count).map_or(0.0, in_ms);
        let found = percentiles.iter().map(|percentile| {
            let rank = (count * percentile).div_ceil(100).max(1);
            let mut seen = 0;
            let at = counts.iter().position(|bucket| {
                seen += bucket;
                seen >= rank
            });
            at.map_or(0.0, |at| in_ms(most_in(at)))
        });
        (average, found.collect())
    }
}

fn in_ms(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1000.0
}

fn packed(second: u64, total: u64, errors: u64) -> u64 {
    (second << (2 * COUNT_BITS)) | (total.min(MOST) << COUNT_BITS) | errors.min(MOST)
}

const fn unpacked(slot: u64) -> (u64, u64, u64) {
    (slot >> (2 * COUNT_BITS), (slot >> COUNT_BITS) & MOST, slot & MOST)
}

/// Where a duration is counted: eight buckets for each doubling.
fn bucket_of(micros: u64) -> usize {
    let bucket = match micros.checked_ilog2() {
        Some(doubling) if doubling >= 3 => {
            u64::from(doubling - 2) * STEPS + ((micros >> (doubling - 3)) & (STEPS - 1))
        }
        _ => micros,
    };
    usize::try_from(bucket).unwrap_or(usize::MAX)
}

/// The longest duration that a bucket counts.
fn most_in(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(0);
    if bucket < STEPS {
        return bucket;
    }
    let (doubling, step) = (bucket / STEPS - 1, bucket % STEPS);
    ((STEPS + step + 1).checked_shl(u32::try_from(doubling).unwrap_or(0)).unwrap_or(u64::MAX)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_a_bucket_that_reaches_no_further_than_an_eighth() {
        for micros in [0, 1, 7, 8, 9, 15, 16, 100, 999, 1_000, 123_456, 59_999_999, 1 << 40] {
            let most = most_in(bucket_of(micros));
            assert!(most >= micros && most <= micros + micros / 8, "{micros} is in {most}");
        }
    }

    #[test]
    fn percentiles_are_of_what_came_since() {
        let tally = Tally::default();
        tally.note(StatusCode::OK, Duration::from_secs(9));
        let before = tally.so_far();
        for ms in 1..=100 {
            tally.note(StatusCode::OK, Duration::from_millis(ms));
        }
        let now = tally.so_far();
        let (average, times) = now.times_since(&before, &[50, 95, 99]);
        assert!((50.0..52.0).contains(&average), "{average}");
        for (time, wanted) in times.iter().zip([50.0, 95.0, 99.0]) {
            assert!((wanted..=wanted * 1.125).contains(time), "{time} for {wanted}");
        }
        assert_eq!(now.times_since(&now, &[50]), (0.0, vec![0.0]));
    }

    #[test]
    fn a_minute_forgets_what_is_older() {
        let tally = Tally::default();
        tally.note_second(3, true);
        tally.note_second(62, false);
        assert_eq!((tally.at(62).last_minute, tally.at(62).last_minute_errors), (2, 1));
        assert_eq!((tally.at(63).last_minute, tally.at(63).last_minute_errors), (1, 0));
        tally.note_second(63, false);
        assert_eq!(tally.at(63).last_minute, 2, "the slot of second 3 begins anew");
    }

    #[test]
    fn only_what_failed_on_our_side_is_an_error() {
        let tally = Tally::default();
        for status in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
            tally.note(status, Duration::from_millis(1));
        }
        assert_eq!((tally.so_far().total, tally.so_far().errors), (3, 1));
    }
}
