//! The table of lists and single servers.

use std::fmt;

use serde::Serialize;

use super::{
    load::{Read, Sample},
    stage::Side,
};
use crate::runner::{
    Options,
    report::number,
    statistics::{best, median, worst},
};

/// What the rounds came to.
#[derive(Serialize)]
pub struct Report {
    rounds: u32,
    seconds: u32,
    connections: u32,
    servers: u32,
    results: Vec<Row>,
    samples: Vec<Sample>,
}

/// The medians of one side doing one read.
#[derive(Serialize)]
struct Row {
    read: Read,
    side: Side,
    requests_per_s: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    cpu_us_per_request: Option<f64>,
    to_floor: Option<Ratio>,
}

/// How fast the product is beside its floor, paired by round.
#[derive(Serialize)]
struct Ratio {
    median: Option<f64>,
    least: Option<f64>,
    greatest: Option<f64>,
    goal: f64,
    ok: bool,
}

impl Report {
    /// Puts the rounds' samples together.
    pub fn new(options: &Options, samples: Vec<Sample>) -> Self {
        let rows = |read| Side::ALL.into_iter().map(move |side| (read, side));
        let results = Read::ALL
            .into_iter()
            .flat_map(rows)
            .map(|(read, side)| Row::new(&samples, read, side))
            .collect();
        Self {
            rounds: options.rounds(),
            seconds: options.seconds(),
            connections: options.list_connections,
            servers: options.servers,
            results,
            samples,
        }
    }

    /// Whether a ratio is below its goal.
    pub fn misses_a_goal(&self) -> bool {
        self.results.iter().filter_map(|row| row.to_floor.as_ref()).any(|ratio| !ratio.ok)
    }
}

impl Row {
    fn new(samples: &[Sample], read: Read, side: Side) -> Self {
        let of =
            |side| samples.iter().filter(move |sample| sample.read == read && sample.side == side);
        let all = |what: fn(&Sample) -> f64| median(of(side).map(what));
        let to_floor = side.goal().map(|(floor, goal)| {
            let pairs = || {
                of(side).filter_map(|ours| {
                    let bare = of(floor).find(|bare| bare.round == ours.round)?;
                    Some(ours.requests_per_s / bare.requests_per_s)
                })
            };
            let median = median(pairs());
            let ok = median.is_some_and(|ratio| ratio >= goal);
            Ratio { median, least: best(pairs()), greatest: worst(pairs()), goal, ok }
        });
        Self {
            read,
            side,
            requests_per_s: all(|sample| sample.requests_per_s),
            p50_us: all(|sample| sample.p50_us),
            p99_us: all(|sample| sample.p99_us),
            cpu_us_per_request: all(|sample| sample.cpu_us_per_request),
            to_floor,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, seconds, connections, servers, .. } = self;
        writeln!(
            f,
            "100 of {servers} servers, and one of them, on PostgreSQL: {connections} connections, \
             medians of {rounds} rounds of {seconds} s"
        )?;
        writeln!(
            f,
            "{:5} {:26} {:>9} {:>9} {:>9} {:>11} {:>8} {:>13} {:>5} {:>6}",
            "call",
            "target",
            "calls/s",
            "p50 us",
            "p99 us",
            "cpu us/call",
            "to floor",
            "spread",
            "goal",
            ""
        )?;
        for row in &self.results {
            write!(
                f,
                "{:5} {:26} {:>9} {:>9} {:>9} {:>11}",
                row.read.name(),
                row.side.name(),
                number(row.requests_per_s, 0),
                number(row.p50_us, 0),
                number(row.p99_us, 0),
                number(row.cpu_us_per_request, 0),
            )?;
            if let Some(Ratio { median, least, greatest, goal, ok }) = &row.to_floor {
                let spread = format!("{}..{}", number(*least, 3), number(*greatest, 3));
                let verdict = if *ok { "ok" } else { "MISSED" };
                let median = number(*median, 3);
                write!(f, " {median:>8} {spread:>13} {goal:>5.2} {verdict:>6}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn report(kept: &[f64], fresh: &[f64]) -> Report {
        let mut samples = vec![];
        for read in Read::ALL {
            for (side, speeds) in [(Side::Kept, kept), (Side::Fresh, fresh)] {
                let floor = side.goal().unwrap().0;
                for (round, &requests_per_s) in (1..).zip(speeds) {
                    for (side, requests_per_s) in [(side, requests_per_s), (floor, 100.0)] {
                        let (p50_us, p99_us, cpu_us_per_request) = (0.0, 0.0, 0.0);
                        samples.push(Sample {
                            read,
                            side,
                            round,
                            requests_per_s,
                            p50_us,
                            p99_us,
                            cpu_us_per_request,
                        });
                    }
                }
            }
        }
        Report::new(&Options::parse_from(["bench"]), samples)
    }

    #[test]
    fn the_median_of_each_pair_has_to_reach_its_goal() {
        let reached = report(&[10.0, 70.0, 90.0], &[60.0, 61.0, 59.0]);
        assert!(!reached.misses_a_goal());
        assert!(reached.to_string().contains("0.100..0.900"), "{reached}");
        assert!(report(&[69.0], &[60.0]).misses_a_goal());
        assert!(report(&[70.0], &[59.0]).misses_a_goal());
        assert!(report(&[], &[60.0]).misses_a_goal(), "what was not measured is not reached");
    }
}
