//! The API's part: list, get, create and approve on PostgreSQL, against bare handlers that send the
//! same statements through the same kind of pool and answer with the same bodies.

mod load;
mod operation;
mod report;
mod same;
mod stage;

use std::path::Path;

pub use report::Report;

use super::{Options, Result, progress::tell};
use operation::Operation;
use stage::Stage;

/// Measures each operation in interleaved rounds.
pub fn measure(folder: &Path, options: &Options, database: &str) -> Result<Report> {
    tell(format_args!("API: seeding {} registrations", options.api_rows));
    let mut stage = Stage::set(folder, options, database)?;
    same::check(&mut stage)?;
    let mut samples = vec![];
    for operation in Operation::ALL {
        samples.extend(load::measure(options, &mut stage, operation)?);
    }
    Ok(Report::new(options, samples))
}
