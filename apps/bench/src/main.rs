//! `bench`: starts the release programs, loads them in interleaved rounds, prints medians and
//! ratios. `bench --help` names the settings.

mod runner;

use std::{io::Write, process::ExitCode};

use clap::Parser;
use runner::{Options, Outcome};

fn main() -> ExitCode {
    match runner::run(&Options::parse()) {
        Ok(Outcome::Measured) => ExitCode::SUCCESS,
        Ok(Outcome::BelowMinimum) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bench: {error}");
            ExitCode::from(2)
        }
    }
}
