//! The table of the indexes.

use std::fmt;

use serde::Serialize;

use super::data::DataSize;

/// What the timing came to.
#[derive(Serialize)]
pub struct Report {
    pub size: DataSize,
    /// How many indexes were dropped.
    pub dropped: usize,
    pub rows: Vec<Row>,
}

/// One query's medians.
#[derive(Serialize)]
pub struct Row {
    query: &'static str,
    with_ms: f64,
    without_ms: f64,
    gain: f64,
}

impl Row {
    /// A query that took so many milliseconds.
    pub fn new(query: &'static str, with_ms: f64, without_ms: f64) -> Self {
        Self { query, with_ms, without_ms, gain: without_ms / with_ms }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DataSize { registrations, servers, operations, .. } = self.size;
        writeln!(
            f,
            "{} indexes (primary keys stay), {registrations} registrations, {servers} servers, \
             {operations} operations",
            self.dropped
        )?;
        writeln!(f, "{:44} {:>9} {:>11} {:>9}", "query", "with, ms", "without, ms", "gain")?;
        for Row { query, with_ms, without_ms, gain } in &self.rows {
            writeln!(f, "{query:44} {with_ms:>9.2} {without_ms:>11.2} {gain:>8.0}x")?;
        }
        Ok(())
    }
}
