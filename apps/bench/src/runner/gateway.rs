//! The gateway's part: `tools/call` directly, through the bare proxy, and through the gateway.

use std::path::Path;

use super::{
    Options, Result,
    process::Process,
    registry::Registry,
    report::Report,
    rounds,
    subject::{Subject, Target},
};

/// Measures what the options name.
pub fn measure(folder: &Path, options: &Options, load_before: f64) -> Result<Report> {
    let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
    let mut subjects = vec![];
    if options.measures(Target::Direct) {
        subjects.push(Subject::bare(Target::Direct, &echo));
    }
    let floor = options
        .measures(Target::Floor)
        .then(|| {
            let upstream = ["--upstream", echo.address()];
            Process::spawn_printing_address(folder, "floor-proxy", &upstream, &[])
        })
        .transpose()?;
    subjects.extend(floor.as_ref().map(|floor| Subject::bare(Target::Floor, floor)));
    let registry = options
        .measures(Target::Gateway)
        .then(|| Registry::start(folder, options, &format!("http://{}/mcp", echo.address())))
        .transpose()?;
    subjects.extend(registry.as_ref().map(Registry::subject));
    let samples = rounds::measure(options, &mut subjects)?;
    let facts = registry.as_ref().map(Registry::facts).transpose()?;
    Report::new(options, load_before, samples, facts)
}
