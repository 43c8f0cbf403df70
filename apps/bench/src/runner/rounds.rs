//! The rounds: every target in turn under the same load, again and again, so that what disturbs
//! the machine disturbs all of them.

use super::{
    Options, Result,
    payload::{Payload, Size},
    process,
    progress::tell,
    subject::{Subject, Target},
    wrk,
};

/// Connections and payload of one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Scenario {
    pub connections: u32,
    pub payload: Size,
}

/// One round of one target.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sample {
    #[serde(flatten)]
    pub scenario: Scenario,
    pub target: Target,
    pub round: u32,
    pub requests_per_s: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
    pub cpu_us_per_call: f64,
    /// The greatest memory of the process up to the end of this round.
    pub peak_rss_kib: f64,
}

/// Runs everything; the first, unmeasured second of each target and scenario warms it up.
pub fn measure(options: &Options, subjects: &mut [Subject]) -> Result<Vec<Sample>> {
    let folder = tempfile::tempdir()?;
    let ticks = process::ticks_per_second()?;
    let (small, large) = (Payload::new(options.small_bytes), Payload::new(options.large_bytes));
    let mut samples = vec![];
    for scenario in scenarios(options) {
        let payload = if scenario.payload == Size::Small { &small } else { &large };
        for round in 0..=options.rounds() {
            let seconds = if round == 0 { 1 } else { options.seconds() };
            for subject in &*subjects {
                let path = subject.path.as_deref().unwrap_or(options.upstream_path());
                let expected = subject.verify(path, payload)?;
                let before = process::cpu_ticks(subject.pid)?;
                let load = wrk::load(
                    subject,
                    path,
                    payload,
                    scenario.connections,
                    seconds,
                    folder.path(),
                )?;
                let used = process::cpu_ticks(subject.pid)? - before;
                check_size(subject, &load, expected)?;
                if round == 0 {
                    continue;
                }
                let sample = Sample {
                    scenario,
                    target: subject.target,
                    round,
                    requests_per_s: load.requests / load.duration_us * 1e6,
                    p50_us: load.p50_us,
                    p99_us: load.p99_us,
                    max_us: load.max_us,
                    cpu_us_per_call: used / ticks * 1e6 / load.requests,
                    peak_rss_kib: process::memory_kib(subject.pid)?.1,
                };
                tell(format_args!(
                    "{} connections, {:?}, round {round}/{}: {:8} {:8.0} calls/s, p50 {:.0} us, p99 {:.0} us",
                    scenario.connections,
                    scenario.payload,
                    options.rounds(),
                    subject.target.name(),
                    sample.requests_per_s,
                    sample.p50_us,
                    sample.p99_us,
                ));
                samples.push(sample);
            }
            // Who comes first changes from round to round.
            subjects.rotate_left(1);
        }
    }
    Ok(samples)
}

/// Each number of connections with the small payload, the greatest with the large one as well.
fn scenarios(options: &Options) -> Vec<Scenario> {
    let small = |&connections| Scenario { connections, payload: Size::Small };
    let large = options.connections.iter().max().filter(|_| options.large_bytes > 0);
    let large = large.map(|&connections| Scenario { connections, payload: Size::Large });
    options.connections.iter().map(small).chain(large).collect()
}

/// `wrk` cannot look into answers, but they are all alike: their mean size must be that of the
/// answer that was looked into (a refusal with status 200 would be of another size).
fn check_size(subject: &Subject, load: &wrk::Load, expected: usize) -> Result<()> {
    let expected = f64::from(u32::try_from(expected)?);
    let mean = load.bytes / load.requests;
    if (mean - expected).abs() > expected * 0.02 + 32.0 {
        let name = subject.target.name();
        return Err(
            format!("{name}: answers of {mean:.0} bytes, not {expected:.0} as checked").into()
        );
    }
    Ok(())
}
