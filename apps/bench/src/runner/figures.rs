//! What was promised in figures, each row measured as it says: response times, throughput, memory,
//! processor time, deadlines.

mod calls;
mod figure;
mod health;
mod listing;
mod live;
mod login;
mod registering;
mod report;
mod socket;
mod stage;
mod sustained;

use std::path::Path;

pub use report::Report;

use super::{Options, Result, progress::tell};
use figure::Figure;
use stage::Stage;

/// Measures the rows; those that write come after those that count on what was seeded.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    let stage = Stage::set(folder, options, server)?;
    let mut figures = vec![];
    let mut add = |more: Vec<Figure>| {
        for figure in &more {
            tell(format_args!("figures: {figure}"));
        }
        figures.extend(more);
    };
    add(vec![health::measure(&stage)?, listing::measure(&stage)?]);
    add(registering::measure(&stage)?);
    add(calls::measure(&stage, options)?);
    add(vec![live::measure(&stage)?]);
    add(login::measure(folder, options)?);
    add(sustained::measure(&stage, options)?);
    figures.sort_by_key(|figure| figure.row);
    Ok(Report { figures })
}
