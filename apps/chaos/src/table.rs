//! A table for people: rows that are named, columns, and in each cell what held or why not.

use crate::say;

/// What was found out about one thing: nothing to say, or why it did not hold.
pub type Verdict = Result<String, String>;

/// The table, filled row by row.
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<(String, Vec<Verdict>)>,
}

impl Table {
    /// An empty one; the first column is that of the rows' names.
    pub const fn new(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, with a verdict for each column.
    pub fn add(&mut self, name: &str, verdicts: Vec<Verdict>) {
        self.rows.push((name.to_owned(), verdicts));
    }

    /// Prints it, and below it why something did not hold; whether all held.
    pub fn print(&self) -> bool {
        let mut lines: Vec<Vec<String>> =
            vec![self.columns.iter().map(|column| (*column).to_owned()).collect()];
        let mut failures = Vec::new();
        for (name, verdicts) in &self.rows {
            let mut line = vec![name.clone()];
            for (column, verdict) in self.columns.iter().skip(1).zip(verdicts) {
                line.push(match verdict {
                    Ok(note) if note.is_empty() => "ok".to_owned(),
                    Ok(note) => note.clone(),
                    Err(why) => {
                        failures.push(format!("FAILED {name}, {column}: {why}"));
                        "FAILED".to_owned()
                    }
                });
            }
            lines.push(line);
        }
        let width = |at: usize| {
            let cells = lines.iter().filter_map(|line| line.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        for line in &lines {
            let cells = line.iter().enumerate().map(|(at, cell)| format!("{cell:<0$}", width(at)));
            say::result(cells.collect::<Vec<_>>().join("  ").trim_end());
        }
        for failure in &failures {
            say::result(failure);
        }
        failures.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_enough() {
        let mut table = Table::new(&["fault", "health"]);
        table.add("none", vec![Ok(String::new())]);
        assert!(table.print());
        table.add("cut", vec![Err("it lied".into())]);
        assert!(!table.print());
    }
}
