//! A server's last calls: how they ended, and how long the answers took.

use std::time::Duration;

use registry_domain::routing::ejection::Sample;

/// How many are remembered.
const WINDOW: usize = 100;

/// The last calls, in rings.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// Response times in microseconds.
    times: Vec<u32>,
    next_time: usize,
    total_us: u64,
    /// One bit per outcome, the newest lowest; set for a failure.
    outcomes: u128,
    outcome_count: u32,
}

impl Recent {
    /// An answer that took so long.
    pub(crate) fn answered(&mut self, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.total_us = self.total_us.saturating_add(u64::from(took));
        if let Some(oldest) = self.times.get_mut(self.next_time) {
            self.total_us =
                self.total_us.saturating_sub(u64::from(std::mem::replace(oldest, took)));
        } else {
            self.times.push(took);
        }
        self.next_time = (self.next_time + 1) % WINDOW;
        self.outcome(false);
    }

    /// A failure.
    pub(crate) fn failed(&mut self) {
        self.outcome(true);
    }

    fn outcome(&mut self, failed: bool) {
        let kept = (1_u128 << WINDOW) - 1;
        self.outcomes = ((self.outcomes << 1) | u128::from(failed)) & kept;
        self.outcome_count = (self.outcome_count + 1).min(100);
    }

    /// Begins to judge anew.
    pub(crate) fn forget_outcomes(&mut self) {
        (self.outcomes, self.outcome_count) = (0, 0);
    }

    /// How the last calls ended.
    pub(crate) fn sample(&self) -> Sample {
        Sample { calls: self.outcome_count, failures: self.outcomes.count_ones() }
    }

    /// The mean of the response times, in milliseconds; 0 of none.
    pub(crate) fn average_ms(&self) -> f64 {
        let count = u64::try_from(self.times.len()).unwrap_or(1).max(1);
        ms(u32::try_from(self.total_us / count).unwrap_or(u32::MAX))
    }

    /// The response times in milliseconds, shortest first.
    pub(crate) fn sorted_ms(&self) -> Vec<f64> {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.into_iter().map(ms).collect()
    }

    /// The time that so many of a hundred do not exceed; 0 of none.
    pub(crate) fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
        let rank = (sorted.len() * hundredths).div_ceil(100);
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

fn ms(us: u32) -> f64 {
    f64::from(us) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hundred_count() {
        let mut recent = Recent::default();
        for ms in 1..=250 {
            recent.answered(Duration::from_millis(ms));
        }
        let sorted = recent.sorted_ms();
        assert_eq!((sorted.len(), sorted[0], sorted[99]), (100, 151.0, 250.0));
        assert!((recent.average_ms() - 200.5).abs() < 0.01);
        assert!((Recent::percentile(&sorted, 50) - 200.0).abs() < 0.01);
        assert!((Recent::percentile(&sorted, 95) - 245.0).abs() < 0.01);
        (0..30).for_each(|_| recent.failed());
        assert_eq!(recent.sample(), Sample { calls: 100, failures: 30 });
        (0..100).for_each(|_| recent.answered(Duration::ZERO));
        assert_eq!(recent.sample(), Sample { calls: 100, failures: 0 });
    }

    #[test]
    fn of_nothing_everything_is_zero() {
        let recent = Recent::default();
        assert_eq!(recent.sample(), Sample::default());
        assert!(recent.average_ms().abs() < f64::EPSILON);
        assert!(Recent::percentile(&[], 95).abs() < f64::EPSILON);
        assert!((Recent::percentile(&[7.0], 50) - 7.0).abs() < f64::EPSILON);
    }
}
