//! Lists of a hundred servers out of many, and single ones, at many connections: what is kept and
//! what is read, each against a bare handler that answers the same.

mod load;
mod report;
mod same;
mod stage;

use std::path::Path;

pub use report::Report;

use super::{Options, Result};
use load::Read;
use stage::Stage;

/// Measures both reads in interleaved rounds.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    let stage = Stage::set(folder, options, server)?;
    same::check(&stage)?;
    let mut samples = vec![];
    for read in Read::ALL {
        samples.extend(load::measure(options, &stage, read)?);
    }
    Ok(Report::new(options, samples))
}
