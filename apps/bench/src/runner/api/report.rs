//! The API's table.

use std::fmt;

use serde::Serialize;

use super::{load::Sample, operation::Operation, stage::Side};
use crate::runner::{Options, report::number, statistics::median};

/// What the rounds came to.
#[derive(Serialize)]
pub struct Report {
    rounds: u32,
    seconds: u32,
    connections: u32,
    registrations: u32,
    results: Vec<Row>,
    samples: Vec<Sample>,
}

/// The medians of one side doing one operation.
#[derive(Serialize)]
struct Row {
    operation: Operation,
    side: Side,
    requests_per_s: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    cpu_us_per_request: Option<f64>,
    /// The product's speed to this side's, paired by round.
    product_to_it: Option<f64>,
}

impl Report {
    /// Puts the rounds' samples together.
    pub fn new(options: &Options, samples: Vec<Sample>) -> Self {
        let rows =
            |operation: Operation| operation.sides().iter().map(move |&side| (operation, side));
        let results = Operation::ALL
            .into_iter()
            .flat_map(rows)
            .map(|(operation, side)| Row::new(&samples, operation, side))
            .collect();
        Self {
            rounds: options.rounds(),
            seconds: options.seconds(),
            connections: options.api_connections,
            registrations: options.api_rows,
            results,
            samples,
        }
    }

    /// Whether the product reaches `minimum` of its floor in each operation.
    pub fn reaches(&self, minimum: f64) -> bool {
        let mut floors = self.results.iter().filter(|row| row.side == Side::Floor);
        floors.all(|row| row.product_to_it.is_some_and(|ratio| ratio >= minimum))
    }
}

impl Row {
    fn new(samples: &[Sample], operation: Operation, side: Side) -> Self {
        let of = |side| {
            samples
                .iter()
                .filter(move |sample| sample.operation == operation && sample.side == side)
        };
        let all = |what: fn(&Sample) -> f64| median(of(side).map(what));
        let pairs = of(Side::Product).filter_map(|product| {
            let other = of(side).find(|other| other.round == product.round)?;
            Some(product.requests_per_s / other.requests_per_s)
        });
        Self {
            operation,
            side,
            requests_per_s: all(|sample| sample.requests_per_s),
            p50_us: all(|sample| sample.p50_us),
            p99_us: all(|sample| sample.p99_us),
            cpu_us_per_request: all(|sample| sample.cpu_us_per_request),
            product_to_it: median(pairs).filter(|_| side != Side::Product),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, seconds, connections, registrations, .. } = self;
        writeln!(
            f,
            "API on PostgreSQL, {connections} connections, {registrations} registrations, medians \
             of {rounds} rounds of {seconds} s"
        )?;
        writeln!(
            f,
            "{:8} {:35} {:>9} {:>9} {:>9} {:>11} {:>13}",
            "call", "target", "calls/s", "p50 us", "p99 us", "cpu us/call", "product to it"
        )?;
        for row in &self.results {
            writeln!(
                f,
                "{:8} {:35} {:>9} {:>9} {:>9} {:>11} {:>13}",
                row.operation.name(),
                row.side.name(),
                number(row.requests_per_s, 0),
                number(row.p50_us, 0),
                number(row.p99_us, 0),
                number(row.cpu_us_per_request, 0),
                number(row.product_to_it, 3),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn report(speeds: &[(Operation, Side, f64)]) -> Report {
        let sample = |&(operation, side, requests_per_s): &(Operation, Side, f64)| Sample {
            operation,
            side,
            round: 1,
            requests_per_s,
            p50_us: 0.0,
            p99_us: 0.0,
            cpu_us_per_request: 0.0,
        };
        Report::new(&Options::parse_from(["bench"]), speeds.iter().map(sample).collect())
    }

    #[test]
    fn each_operation_has_to_reach_the_minimum() {
        let mut speeds: Vec<_> = Operation::ALL
            .into_iter()
            .flat_map(|operation| [(operation, Side::Product, 7.0), (operation, Side::Floor, 10.0)])
            .collect();
        // What has no trail is shown, but it is no floor.
        speeds.push((Operation::Create, Side::FloorWithoutTrail, 100.0));
        assert!(report(&speeds).reaches(0.7));
        assert!(!report(&speeds).reaches(0.71));
        speeds.remove(0);
        assert!(!report(&speeds).reaches(0.1));
    }
}
