//! Medians, and ratios that pair what ran in the same round.

use super::{
    rounds::{Sample, Scenario},
    subject::Target,
};

/// The middle value (the mean of the middle two); `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get(values.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

/// The greatest value; `None` of nothing.
pub fn worst(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    values.into_iter().max_by(f64::total_cmp)
}

/// The least value; `None` of nothing.
pub fn best(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    values.into_iter().min_by(f64::total_cmp)
}

/// The value that `percent` of all values do not exceed; `None` of nothing.
pub fn percentile(values: impl IntoIterator<Item = f64>, percent: usize) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

/// The samples of one target under one load.
pub fn of(samples: &[Sample], scenario: Scenario, target: Target) -> impl Iterator<Item = &Sample> {
    samples.iter().filter(move |sample| sample.scenario == scenario && sample.target == target)
}

/// The median over the rounds of `what(above) / what(below)`, each pair from one round.
pub fn ratio(
    samples: &[Sample],
    scenario: Scenario,
    (above, below): (Target, Target),
    what: fn(&Sample) -> f64,
) -> Option<f64> {
    let pairs = of(samples, scenario, above).filter_map(|sample| {
        let other = of(samples, scenario, below).find(|other| other.round == sample.round)?;
        Some(what(sample) / what(other))
    });
    median(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::payload::Size;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        assert_eq!(percentile([], 95), None);
        assert_eq!(percentile([7.0], 95), Some(7.0));
        assert_eq!(percentile((1..=100).map(f64::from), 95), Some(95.0));
        assert_eq!(percentile((1..=20).map(f64::from), 99), Some(20.0));
    }

    #[test]
    fn ratios_pair_rounds() {
        let scenario = Scenario { connections: 1, payload: Size::Small };
        let sample = |target, round, requests_per_s| Sample {
            scenario,
            target,
            round,
            requests_per_s,
            p50_us: 0.0,
            p99_us: 0.0,
            max_us: 0.0,
            cpu_us_per_call: 0.0,
            peak_rss_kib: 0.0,
        };
        let samples = [
            sample(Target::Gateway, 1, 50.0),
            sample(Target::Floor, 1, 100.0),
            sample(Target::Gateway, 2, 8.0),
            sample(Target::Floor, 2, 10.0),
            sample(Target::Gateway, 3, 70.0),
            sample(Target::Floor, 3, 100.0),
        ];
        let speed = |sample: &Sample| sample.requests_per_s;
        let found = ratio(&samples, scenario, (Target::Gateway, Target::Floor), speed);
        assert_eq!(found, Some(0.7));
        assert_eq!(ratio(&samples, scenario, (Target::Gateway, Target::Direct), speed), None);
    }
}
