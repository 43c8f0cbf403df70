//! Outliers among servers that can do the same: one that fails much more often than the others is
//! taken out of the choice for a while, and comes back slowly.
//!
//! The breaker ([`super::breaker`]) looks at one server alone and refuses calls; this compares, and
//! changes only which of several is chosen. A call that names its server never asks it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ports::end_after;

/// How ejection works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EjectionPolicy {
    /// A server with fewer recent calls is not judged.
    pub least_calls: u32,
    /// The failure rate from which a server can be an outlier.
    pub least_failure_rate: f64,
    /// How much more than the others' mean its failure rate has to be.
    pub times_the_others: f64,
    /// How long the first ejection lasts; the n-th lasts n times as long.
    pub base: Duration,
    /// The longest ejection.
    pub longest: Duration,
    /// How long a server that comes back takes to its full share.
    pub slow_start: Duration,
    /// Its share when it begins.
    pub first_share: f64,
}

impl Default for EjectionPolicy {
    fn default() -> Self {
        Self {
            least_calls: 10,
            least_failure_rate: 0.3,
            times_the_others: 3.0,
            base: Duration::from_secs(30),
            longest: Duration::from_mins(5),
            slow_start: Duration::from_secs(30),
            first_share: 0.1,
        }
    }
}

/// A server's recent calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// How many there were.
    pub calls: u32,
    /// How many failed.
    pub failures: u32,
}

impl Sample {
    /// The share of calls that failed.
    pub fn failure_rate(self) -> f64 {
        if self.calls == 0 { 0.0 } else { f64::from(self.failures) / f64::from(self.calls) }
    }
}

/// Whether a server is an outlier among others that can do the same.
pub fn is_outlier(policy: &EjectionPolicy, own: Sample, others: &[Sample]) -> bool {
    let judged: Vec<f64> = others
        .iter()
        .filter(|sample| sample.calls >= policy.least_calls)
        .map(|sample| sample.failure_rate())
        .collect();
    let Ok(count) = u32::try_from(judged.len()) else { return false };
    if own.calls < policy.least_calls || count == 0 {
        return false;
    }
    let mean = judged.iter().sum::<f64>() / f64::from(count);
    own.failure_rate() >= policy.least_failure_rate
        && own.failure_rate() >= mean * policy.times_the_others
}

/// One server's standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ejection {
    until: Option<Timestamp>,
    times: u32,
    back_since: Option<Timestamp>,
}

impl Ejection {
    /// Takes it out of the choice.
    pub fn eject(&mut self, policy: &EjectionPolicy, now: Timestamp) {
        self.times = self.times.saturating_add(1);
        let until = end_after(now, policy.base.saturating_mul(self.times).min(policy.longest));
        *self = Self { until: Some(until), back_since: Some(until), ..*self };
    }

    /// Takes it out of the choice as another replica did, for as long as that one says, but not
    /// longer than we ever would.
    pub fn ejected_elsewhere(&mut self, policy: &EjectionPolicy, lasts: Duration, now: Timestamp) {
        let theirs = end_after(now, lasts.min(policy.longest));
        if self.until.is_none_or(|until| until < theirs) {
            let times = self.times.saturating_add(1);
            *self = Self { until: Some(theirs), times, back_since: Some(theirs) };
        }
    }

    /// How much longer it is out of the choice at `now`.
    pub fn lasts(&self, now: Timestamp) -> Option<Duration> {
        let left = self.until?.duration_since(now);
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }

    /// Lets it begin slowly from now on: its breaker has just closed.
    pub fn comes_back(&mut self, now: Timestamp) {
        self.back_since = Some(now);
    }

    /// Whether it is out of the choice at `now`.
    pub fn is_ejected(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// Which share of what would be its calls it gets at `now`: 0 while ejected, then growing
    /// steadily to 1.
    pub fn share(&self, policy: &EjectionPolicy, now: Timestamp) -> f64 {
        if self.is_ejected(now) {
            return 0.0;
        }
        let Some(since) = self.back_since else { return 1.0 };
        let (back_for, ramp) = (now.duration_since(since), policy.slow_start.as_secs_f64());
        if back_for <= SignedDuration::ZERO {
            return policy.first_share;
        }
        let grown = if ramp > 0.0 { back_for.as_secs_f64() / ramp } else { 1.0 };
        (policy.first_share + (1.0 - policy.first_share) * grown).min(1.0)
    }

    /// Forgets earlier ejections once it has been back at its full share for a while.
    pub fn forgive(&mut self, policy: &EjectionPolicy, now: Timestamp) {
        let Some(since) = self.back_since else { return };
        if now > end_after(since, policy.slow_start.saturating_add(policy.longest)) {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn sample(calls: u32, failures: u32) -> Sample {
        Sample { calls, failures }
    }

    #[test]
    fn an_outlier_fails_much_more_often_than_the_others_do() {
        let policy = EjectionPolicy::default();
        let good = [sample(50, 0), sample(50, 2)];
        assert!(is_outlier(&policy, sample(20, 10), &good));
        assert!(!is_outlier(&policy, sample(20, 2), &good), "some failures happen");
        assert!(!is_outlier(&policy, sample(5, 5), &good), "too few calls to judge");
        assert!(!is_outlier(&policy, sample(20, 10), &[]), "nobody to compare with");
        assert!(!is_outlier(&policy, sample(20, 10), &[sample(50, 25)]), "all fail alike");
    }

    #[test]
    fn an_ejected_server_stays_out_longer_each_time_up_to_a_limit() {
        let policy = EjectionPolicy::default();
        let mut ejection = Ejection::default();
        let mut now = 0;
        for lasts in [30, 60, 90] {
            ejection.eject(&policy, at(now));
            assert!(ejection.is_ejected(at(now + lasts - 1)));
            assert!(!ejection.is_ejected(at(now + lasts)));
            now += lasts;
        }
        (0..100).for_each(|_| ejection.eject(&policy, at(now)));
        assert!(!ejection.is_ejected(at(now + 300)));
    }

    #[test]
    fn one_that_was_ejected_elsewhere_is_out_here_as_long() {
        let policy = EjectionPolicy::default();
        let mut ejection = Ejection::default();
        assert_eq!(ejection.lasts(at(0)), None);
        ejection.ejected_elsewhere(&policy, Duration::from_secs(10), at(0));
        assert_eq!(ejection.lasts(at(4)), Some(Duration::from_secs(6)));
        ejection.ejected_elsewhere(&policy, Duration::from_secs(1), at(4));
        assert!(ejection.is_ejected(at(9)), "what is told later does not shorten it");
        assert_eq!(ejection.lasts(at(10)), None);
        ejection.ejected_elsewhere(&policy, Duration::MAX, at(20));
        assert_eq!(ejection.lasts(at(20)), Some(policy.longest));
    }

    #[test]
    fn earlier_ejections_are_forgiven_in_time() {
        let policy = EjectionPolicy::default();
        let mut ejection = Ejection::default();
        ejection.eject(&policy, at(0));
        ejection.forgive(&policy, at(100));
        assert_ne!(ejection, Ejection::default());
        ejection.forgive(&policy, at(400));
        assert_eq!(ejection, Ejection::default());
    }

    #[test]
    fn a_server_that_comes_back_begins_slowly() {
        let policy = EjectionPolicy::default();
        let mut ejection = Ejection::default();
        assert!((ejection.share(&policy, at(0)) - 1.0).abs() < 1e-9);
        ejection.eject(&policy, at(0));
        for (second, share) in [(29, 0.0), (30, 0.1), (45, 0.55), (60, 1.0), (99, 1.0)] {
            let found = ejection.share(&policy, at(second));
            assert!((found - share).abs() < 1e-9, "{second} s: {found}");
        }
    }

    proptest! {
        #[test]
        fn a_share_only_grows_while_nothing_happens(times in prop::collection::vec(0..400_i64, 2..9)) {
            let policy = EjectionPolicy::default();
            let mut ejection = Ejection::default();
            ejection.eject(&policy, at(0));
            let mut times = times;
            times.sort_unstable();
            let shares: Vec<f64> =
                times.iter().map(|second| ejection.share(&policy, at(*second))).collect();
            prop_assert!(shares.is_sorted(), "{shares:?}");
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        }
    }
}
