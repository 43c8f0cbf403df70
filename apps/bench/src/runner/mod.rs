//! The measurements, from starting the programs to the tables.

mod api;
mod database;
mod gateway;
mod http;
mod indexes;
mod options;
mod payload;
mod process;
mod product;
mod progress;
mod registry;
mod report;
mod rounds;
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
    /// No minimum was given, or it was reached.
    Measured,
    /// A ratio is under `--min-ratio` or `--min-api-ratio`.
    BelowMinimum,
}

/// Everything that a run found.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    gateway: Option<report::Report>,
    api: Option<api::Report>,
    indexes: Option<indexes::Report>,
}

/// Runs the measurements that are asked for, and prints a table for each.
pub fn run(options: &Options) -> Result<Outcome> {
    wrk::check_present()?;
    let folder = options.folder()?;
    let load_before = process::load_average()?;
    if load_before > 0.5 {
        tell(format_args!("the machine is busy (load average {load_before}): expect noise"));
    }
    if options.part.is_empty()
        && let Err(how) = options.database()
    {
        tell(format_args!("{how}"));
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
    outcome
}
