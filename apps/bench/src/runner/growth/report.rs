//! How fast the same call was with few servers and with many.

use std::fmt;

use serde::Serialize;

use crate::runner::{report::number, statistics::median};

/// What of the speed with the fewest servers has to be left with more.
const GOAL: f64 = 0.9;

/// One round of one product.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    pub servers: u32,
    pub round: u32,
    pub requests_per_s: f64,
}

/// All rounds.
#[derive(Serialize)]
pub struct Report {
    pub connections: u32,
    /// The numbers of servers, the fewest first.
    pub counts: Vec<u32>,
    pub samples: Vec<Sample>,
}

impl Report {
    fn of(&self, servers: u32) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.servers == servers)
    }

    /// The median over the rounds of the speed with so many servers to that with the fewest.
    fn ratio(&self, servers: u32) -> Option<f64> {
        let fewest = *self.counts.first()?;
        let pairs = self.of(servers).filter_map(|sample| {
            let other = self.of(fewest).find(|other| other.round == sample.round)?;
            Some(sample.requests_per_s / other.requests_per_s)
        });
        median(pairs)
    }

    /// Whether it is slower with more servers than the goal allows, or nobody knows.
    pub fn misses_its_goal(&self) -> bool {
        !self.counts.iter().all(|count| self.ratio(*count).is_some_and(|ratio| ratio >= GOAL))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the same call with more servers, {} connections", self.connections)?;
        for count in &self.counts {
            let speed = median(self.of(*count).map(|sample| sample.requests_per_s));
            let ratio = number(self.ratio(*count), 2);
            writeln!(f, "{count:>7} servers {:>9} calls/s {ratio:>6}", number(speed, 0))?;
        }
        let verdict = if self.misses_its_goal() { "MISSED" } else { "ok" };
        writeln!(f, "goal: at least {GOAL} of the speed with the fewest: {verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(many: [f64; 3]) -> Report {
        let of = |servers, speeds: [f64; 3]| {
            let rounds = (1..).zip(speeds);
            rounds.map(move |(round, requests_per_s)| Sample { servers, round, requests_per_s })
        };
        let samples = of(10, [100.0, 50.0, 100.0]).chain(of(1_000, many));
        Report { connections: 1, counts: vec![10, 1_000], samples: samples.collect() }
    }

    #[test]
    fn rounds_are_compared_with_their_like() {
        assert!(!report([91.0, 46.0, 60.0]).misses_its_goal(), "a slow round is one of three");
        assert!(report([89.0, 44.0, 100.0]).misses_its_goal());
        assert!(Report { samples: vec![], ..report([1.0; 3]) }.misses_its_goal());
    }
}
