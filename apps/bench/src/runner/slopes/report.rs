//! What was weighed, and what one more costs.

use std::fmt;

use serde::Serialize;

use crate::runner::report::number;

/// What one more listener may cost, in KiB: a connection of the HTTP library alone is 16.
const GOAL_KIB: f64 = 24.0;

/// The process's memory with so many of something.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Weight {
    pub count: u32,
    pub kib: f64,
}

/// All weighings.
#[derive(Serialize)]
pub struct Report {
    pub streams: Vec<Weight>,
    pub servers: Vec<Weight>,
}

/// What each one costs between the last two weighings, in KiB.
fn each(weights: &[Weight]) -> Option<f64> {
    let [.., before, after] = weights else { return None };
    let more = f64::from(after.count) - f64::from(before.count);
    (more > 0.0).then(|| (after.kib - before.kib) / more)
}

impl Report {
    /// Whether a listener costs more than the goal, or nobody knows.
    pub fn misses_its_goal(&self) -> bool {
        each(&self.streams).is_none_or(|each| each > GOAL_KIB)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "memory by what is held")?;
        for (what, weights) in [("idle event streams", &self.streams), ("servers", &self.servers)] {
            for Weight { count, kib } in weights {
                writeln!(f, "{count:>7} {what:20} {:>8.1} MiB", kib / 1024.0)?;
            }
            writeln!(f, "        each one more       {:>8} KiB", number(each(weights), 2))?;
        }
        let verdict = if self.misses_its_goal() { "MISSED" } else { "ok" };
        writeln!(f, "goal: at most {GOAL_KIB:.0} KiB for each event stream more: {verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(streams: &[(u32, f64)]) -> Report {
        let weights = streams.iter().map(|&(count, kib)| Weight { count, kib });
        Report { streams: weights.collect(), servers: vec![] }
    }

    #[test]
    fn what_counts_is_the_slope_and_not_what_an_empty_process_weighs() {
        assert!(!report(&[(2_000, 500_000.0), (10_000, 692_000.0)]).misses_its_goal());
        assert!(report(&[(2_000, 10_000.0), (10_000, 202_001.0)]).misses_its_goal());
        assert!(report(&[(2_000, 10_000.0)]).misses_its_goal(), "one weighing says nothing");
    }
}
