//! Rate limits: a generic cell rate algorithm (GCRA), the same arithmetic in every adapter.
//!
//! A key's whole state is one time: when its next request would be exactly on schedule. That makes
//! the check one read and one write, and gives `remaining` and `retry_after` for nothing.

use std::time::Duration;

use jiff::Timestamp;

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests per minute in the long run: 1 to 60 million, one each microsecond; more counts as
    /// that.
    pub per_minute: u32,
    /// Requests that may come at once.
    pub burst: u32,
}

impl Limit {
    /// A limit whose burst is one minute's worth.
    pub const fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, burst: per_minute }
    }

    /// The time from one request to the next in the long run, in microseconds; at least one.
    pub fn emission_interval_us(self) -> i64 {
        (60_000_000 / i64::from(self.per_minute.max(1))).max(1)
    }

    /// How far a key may be ahead of its schedule, in microseconds: its burst.
    pub fn tolerance_us(self) -> i64 {
        self.emission_interval_us().saturating_mul(i64::from(self.burst.max(1)))
    }

    /// Decides on one request. `next_due` is what the key's last decision returned, `None` for a
    /// key that was never seen.
    pub fn admit(self, next_due: Option<Timestamp>, now: Timestamp) -> Verdict {
        let interval = self.emission_interval_us();
        let tolerance = self.tolerance_us();
        let now_us = now.as_microsecond();
        let due_us = next_due.map_or(now_us, |due| due.as_microsecond().max(now_us));
        let after_us = due_us.saturating_add(interval);
        let over_us = after_us.saturating_sub(now_us).saturating_sub(tolerance);
        if over_us > 0 {
            return Verdict::Limited { retry_after: Duration::from_micros(over_us.unsigned_abs()) };
        }
        let left = tolerance.saturating_sub(after_us.saturating_sub(now_us)) / interval;
        Verdict::Admitted {
            next_due: Timestamp::from_microsecond(after_us).unwrap_or(Timestamp::MAX),
            remaining: u32::try_from(left).unwrap_or(u32::MAX),
        }
    }
}

/// What was decided on one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may pass.
    Admitted {
        /// The key's new state.
        next_due: Timestamp,
        /// How many more could come at once.
        remaining: u32,
    },
    /// It may not.
    Limited {
        /// After how long it may.
        retry_after: Duration,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(limit: Limit, arrivals_ms: &[i64]) -> usize {
        let mut due = None;
        let mut admitted = 0;
        for at in arrivals_ms {
            let now = Timestamp::from_millisecond(*at).unwrap();
            if let Verdict::Admitted { next_due, .. } = limit.admit(due, now) {
                due = Some(next_due);
                admitted += 1;
            }
        }
        admitted
    }

    #[test]
    fn a_burst_passes_and_the_next_is_told_how_long_to_wait() {
        let limit = Limit { per_minute: 60, burst: 5 };
        let now = Timestamp::UNIX_EPOCH;
        let mut due = None;
        for left in (0..5).rev() {
            let Verdict::Admitted { next_due, remaining } = limit.admit(due, now) else {
                panic!("limited")
            };
            assert_eq!(remaining, left);
            due = Some(next_due);
        }
        assert_eq!(limit.admit(due, now), Verdict::Limited { retry_after: Duration::from_secs(1) });
    }

    #[test]
    fn a_limit_beyond_all_measure_is_one_request_each_microsecond() {
        let limit = Limit { per_minute: u32::MAX, burst: 1 };
        let now = Timestamp::UNIX_EPOCH;
        let Verdict::Admitted { next_due, .. } = limit.admit(None, now) else { panic!("limited") };
        let wait = Verdict::Limited { retry_after: Duration::from_micros(1) };
        assert_eq!(limit.admit(Some(next_due), now), wait);
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_the_rate_pass(
            per_minute in 1_u32..2_000,
            burst in 1_u32..50,
            mut arrivals in proptest::collection::vec(0_i64..120_000, 1..400),
        ) {
            arrivals.sort_unstable();
            let limit = Limit { per_minute, burst };
            let span_ms = arrivals.last().unwrap() - arrivals.first().unwrap();
            let admitted = i64::try_from(run(limit, &arrivals)).unwrap();
            let allowed = i64::from(burst) + span_ms * 1000 / (60_000_000 / i64::from(per_minute));
            prop_assert!(admitted <= allowed, "{admitted} > {allowed}");
        }
    }
}
