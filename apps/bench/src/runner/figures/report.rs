//! The table of what was promised.

use std::fmt;

use serde::Serialize;

use super::figure::{Figure, Verdict};

/// Every row.
#[derive(Serialize)]
pub struct Report {
    pub figures: Vec<Figure>,
}

impl Report {
    /// Whether one of them is not as promised. What could not be measured is said, not counted.
    pub fn misses_a_goal(&self) -> bool {
        self.figures.iter().any(|figure| figure.verdict == Verdict::Missed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "what was promised, on PostgreSQL, no answer kept")?;
        writeln!(
            f,
            "{:5} {:54} {:26} {:26} {:>9} {:>9}",
            "row", "what", "promised", "found", "median ms", "worst ms"
        )?;
        self.figures.iter().try_for_each(|figure| writeln!(f, "{figure}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_row_counts_and_one_that_was_not_measured_does_not() {
        let kept = Figure::plain("R1", "a", "b", ("c".to_owned(), true));
        let unknown = Figure::not_measured("R2", "a", "b", "not measured: there is none");
        let missed = Figure::plain("R3", "a", "b", ("c".to_owned(), false));
        let report = Report { figures: vec![kept.clone(), unknown] };
        assert!(!report.misses_a_goal());
        assert!(report.to_string().contains("not measured: there is none"));
        assert!(Report { figures: vec![kept, missed] }.misses_a_goal());
    }
}
