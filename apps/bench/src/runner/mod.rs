//! The measurements, from starting the programs to the tables.

mod api;
mod database;
mod figures;
mod gateway;
mod growth;
mod http;
mod indexes;
mod lists;
mod many;
mod memory;
mod options;
mod payload;
mod process;
mod product;
mod progress;
mod registry;
mod report;
mod rounds;
mod slopes;
mod statistics;
mod subject;
mod wait;
mod wrk;

use std::{fmt::Display, io::Write};

pub use options::Options;

use options::Part;
use progress::tell;
use serde::Serialize;

/// What went wrong, in a sentence for the person who ran it.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

/// How a run ended that measured what it was asked to.
pub enum Outcome {
    /// No minimum was given, or it was reached, and so was every goal.
    Measured,
    /// A ratio is under `--min-ratio` or `--min-api-ratio`, or a goal was missed.
    BelowMinimum,
}

/// Everything that a run found.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    gateway: Option<report::Report>,
    api: Option<api::Report>,
    indexes: Option<indexes::Report>,
    lists: Option<lists::Report>,
    memory: Option<memory::Report>,
    slopes: Option<slopes::Report>,
    growth: Option<growth::Report>,
    figures: Option<figures::Report>,
}

/// Runs the measurements that are asked for, and prints a table for each.
pub fn run(options: &Options) -> Result<Outcome> {
    wrk::check_present()?;
    let folder = options.folder()?;
    let load_before = process::load_average()?;
    if load_before > 0.5 {
        tell(format_args!("the machine is busy (load average {load_before}): expect noise"));
    }
    if options.part.is_empty() {
        for how in [options.database().err(), options.redis().err()].into_iter().flatten() {
            tell(format_args!("{how}"));
        }
    }
    let part = |part: Part| options.includes(part).then_some(());
    let found = Found {
        gateway: part(Part::Gateway)
            .map(|()| shown(gateway::measure(&folder, options, load_before)?))
            .transpose()?,
        api: part(Part::Api)
            .map(|()| shown(api::measure(&folder, options, options.database()?)?))
            .transpose()?,
        indexes: part(Part::Indexes)
            .map(|()| shown(indexes::measure(&folder, options, options.database()?)?))
            .transpose()?,
        lists: part(Part::Lists)
            .map(|()| shown(lists::measure(&folder, options, options.database()?)?))
            .transpose()?,
        memory: part(Part::Memory)
            .map(|()| shown(memory::measure(&folder, options, options.database()?)?))
            .transpose()?,
        slopes: part(Part::Slopes)
            .map(|()| shown(slopes::measure(&folder, options, options.database()?)?))
            .transpose()?,
        growth: part(Part::Growth)
            .map(|()| shown(growth::measure(&folder, options, options.database()?)?))
            .transpose()?,
        figures: part(Part::Figures)
            .map(|()| shown(figures::measure(&folder, options, options.database()?)?))
            .transpose()?,
    };
    if let Some(path) = &options.out {
        std::fs::write(path, serde_json::to_string_pretty(&found)?)?;
    }
    Ok(outcome(options, &found))
}

/// Prints a table as soon as it is there.
fn shown<T: Display>(report: T) -> Result<T> {
    writeln!(std::io::stdout().lock(), "{report}")?;
    Ok(report)
}

fn outcome(options: &Options, found: &Found) -> Outcome {
    let mut outcome = Outcome::Measured;
    if let (Some(report), Some(minimum)) = (&found.gateway, options.min_ratio)
        && !report.reaches(minimum)
    {
        tell(format_args!("gateway/floor does not reach {minimum}"));
        outcome = Outcome::BelowMinimum;
    }
    if let (Some(report), Some(minimum)) = (&found.api, options.min_api_ratio)
        && !report.reaches(minimum)
    {
        tell(format_args!("an operation of the API does not reach {minimum} of its floor"));
        outcome = Outcome::BelowMinimum;
    }
    let missed = [
        found.lists.as_ref().is_some_and(lists::Report::misses_a_goal),
        found.memory.as_ref().is_some_and(memory::Report::misses_its_goal),
        found.slopes.as_ref().is_some_and(slopes::Report::misses_its_goal),
        found.growth.as_ref().is_some_and(growth::Report::misses_its_goal),
        found.figures.as_ref().is_some_and(figures::Report::misses_a_goal),
    ];
    if missed.contains(&true) {
        tell(format_args!("a goal is missed: see the tables"));
        outcome = Outcome::BelowMinimum;
    }
    outcome
}
