//! One row: what was promised, and what was found.

use std::fmt;

use serde::Serialize;

use crate::runner::{
    report::number,
    statistics::{median, percentile, worst},
};

/// A row of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Its number in the list of requirements.
    pub row: &'static str,
    pub what: String,
    pub promised: &'static str,
    /// What is held against the promise.
    pub found: String,
    pub median_ms: Option<f64>,
    pub worst_ms: Option<f64>,
    pub verdict: Verdict,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Kept,
    Missed,
    NotMeasured(String),
}

impl Verdict {
    /// Kept, if that is so.
    pub fn of(kept: bool) -> Self {
        if kept { Self::Kept } else { Self::Missed }
    }
}

impl Figure {
    /// A row without times of its own.
    pub fn plain(
        row: &'static str,
        what: impl Into<String>,
        promised: &'static str,
        (found, kept): (String, bool),
    ) -> Self {
        let (what, verdict) = (what.into(), Verdict::of(kept));
        Self { row, what, promised, found, median_ms: None, worst_ms: None, verdict }
    }

    /// The same with times beside it.
    pub fn with_times(self, times_ms: &[f64]) -> Self {
        let all = || times_ms.iter().copied();
        Self { median_ms: median(all()), worst_ms: worst(all()), ..self }
    }

    /// A row that cannot be had at present.
    pub fn not_measured(
        row: &'static str,
        what: &str,
        promised: &'static str,
        why: impl Into<String>,
    ) -> Self {
        let verdict = Verdict::NotMeasured(why.into());
        let (what, found) = (what.to_owned(), "-".to_owned());
        Self { row, what, promised, found, median_ms: None, worst_ms: None, verdict }
    }
}

/// The mean of times, and whether it is under a bound.
pub fn mean_under(times_ms: &[f64], bound_ms: f64) -> (String, bool) {
    let count = times_ms.iter().map(|_| 1.0).sum::<f64>();
    let mean = times_ms.iter().sum::<f64>() / count;
    (format!("mean {mean:.1} ms"), mean < bound_ms)
}

/// A percentile of times, and whether it is under a bound.
pub fn percentile_under(times_ms: &[f64], percent: usize, bound_ms: f64) -> (String, bool) {
    let found = percentile(times_ms.iter().copied(), percent);
    (format!("p{percent} {} ms", number(found, 1)), found.is_some_and(|found| found < bound_ms))
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match &self.verdict {
            Verdict::Kept => "ok",
            Verdict::Missed => "MISSED",
            Verdict::NotMeasured(why) => why,
        };
        write!(
            f,
            "{:5} {:54} {:26} {:26} {:>9} {:>9} {verdict}",
            self.row,
            self.what,
            self.promised,
            self.found,
            number(self.median_ms, 1),
            number(self.worst_ms, 1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_kept_below_it_and_by_nothing() {
        assert_eq!(mean_under(&[1.0, 2.0], 1.6), ("mean 1.5 ms".to_owned(), true));
        assert!(!mean_under(&[1.0, 2.0], 1.5).1);
        assert!(!mean_under(&[], 1.5).1);
        assert_eq!(percentile_under(&[1.0, 9.0], 95, 9.0), ("p95 9.0 ms".to_owned(), false));
        assert!(!percentile_under(&[], 95, 9.0).1);
    }
}
