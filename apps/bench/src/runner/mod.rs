//! The measurement, from starting the programs to the table.

mod http;
mod options;
mod payload;
mod process;
mod progress;
mod registry;
mod report;
mod rounds;
mod statistics;
mod subject;
mod wait;
mod wrk;

use std::io::Write;

pub use options::Options;

use process::Process;
use progress::tell;
use registry::Registry;
use report::Report;
use subject::{Subject, Target};

/// What went wrong, in a sentence for the person who ran it.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// How a run ended that measured what it was asked to.
pub enum Outcome {
    /// No minimum was given, or it was reached.
    Measured,
    /// The ratio is under `--min-ratio`.
    BelowMinimum,
}

/// Runs the whole measurement and prints the table.
pub fn run(options: &Options) -> Result<Outcome> {
    wrk::check_present()?;
    let folder = options.folder()?;
    let load_before = process::load_average()?;
    if load_before > 0.5 {
        tell(format_args!("the machine is busy (load average {load_before}): expect noise"));
    }
    let echo = Process::spawn_printing_address(&folder, "echo-upstream", &[])?;
    let mut subjects = vec![];
    if options.measures(Target::Direct) {
        subjects.push(Subject::bare(Target::Direct, &echo));
    }
    let floor = options
        .measures(Target::Floor)
        .then(|| {
            let upstream = ["--upstream", echo.address()];
            Process::spawn_printing_address(&folder, "floor-proxy", &upstream)
        })
        .transpose()?;
    subjects.extend(floor.as_ref().map(|floor| Subject::bare(Target::Floor, floor)));
    let registry = options
        .measures(Target::Gateway)
        .then(|| Registry::start(&folder, options, &format!("http://{}/mcp", echo.address())))
        .transpose()?;
    subjects.extend(registry.as_ref().map(Registry::subject));

    let rounds = rounds::measure(options, &mut subjects)?;
    let facts = registry.as_ref().map(Registry::facts).transpose()?;
    let report = Report::new(options, load_before, rounds, facts)?;
    write!(std::io::stdout().lock(), "{report}")?;
    if let Some(path) = &options.out {
        std::fs::write(path, report.to_json())?;
    }
    let outcome = report.outcome(options.min_ratio);
    if let (Outcome::BelowMinimum, Some(minimum)) = (&outcome, options.min_ratio) {
        tell(format_args!("gateway/floor does not reach {minimum}"));
    }
    Ok(outcome)
}
