//! The rounds of one operation: each side in turn, each from the same state of its database.

use std::time::{Duration, Instant};

use super::{
    operation::{LIST, Operation},
    stage::{Side, Stage},
};
use crate::runner::{Options, Result, process, progress::tell, wait, wrk};

/// Approvals of the first round per second, at most; the rounds after it know better.
const FIRST_ROWS: f64 = 2000.0;

/// One round of one side.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sample {
    pub operation: Operation,
    pub side: Side,
    pub round: u32,
    pub requests_per_s: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub cpu_us_per_request: f64,
}

/// Measures an operation; the first, unmeasured second of each side warms it up.
pub fn measure(options: &Options, stage: &mut Stage, operation: Operation) -> Result<Vec<Sample>> {
    let ticks = process::ticks_per_second()?;
    let mut sides = operation.sides().to_vec();
    let mut samples: Vec<Sample> = vec![];
    let mut fastest = FIRST_ROWS / 2.0;
    for round in 0..=options.rounds() {
        let seconds = if round == 0 { 1 } else { options.seconds() };
        for &side in &sides {
            let rows = format!("{:.0}", (fastest * 2.0 + 500.0) * f64::from(seconds)).parse()?;
            operation.prepare(stage, side, rows)?;
            let script = operation.script(stage, side)?;
            let name = format!("{} on {}", operation.name(), side.name());
            let job = wrk::Job {
                name: &name,
                address: stage.address(side),
                path: LIST,
                connections: options.api_connections,
                seconds,
            };
            let before = process::cpu_ticks(stage.pid(side))?;
            let load = wrk::run(job, script, stage.folder.path())?;
            let used = process::cpu_ticks(stage.pid(side))? - before;
            let speed = load.requests / load.duration_us * 1e6;
            fastest = fastest.max(speed);
            quiet(stage.pid(side))?;
            operation.settle(stage, side, &load)?;
            quiet(stage.pid(side))?;
            tell(format_args!(
                "{}, round {round}/{}: {:7} {speed:7.0}/s, p50 {:.0} us, p99 {:.0} us",
                operation.name(),
                options.rounds(),
                side.name(),
                load.p50_us,
                load.p99_us,
            ));
            if round > 0 {
                samples.push(Sample {
                    operation,
                    side,
                    round,
                    requests_per_s: speed,
                    p50_us: load.p50_us,
                    p99_us: load.p99_us,
                    cpu_us_per_request: used / ticks * 1e6 / load.requests,
                });
            }
        }
        // Who comes first changes from round to round.
        sides.rotate_left(1);
    }
    Ok(samples)
}

/// Waits until a program rests, so that what it does afterwards does not disturb the next one; for
/// ten seconds at most.
fn quiet(pid: u32) -> Result<()> {
    let started = Instant::now();
    let mut seen = process::cpu_ticks(pid)?;
    while started.elapsed() < Duration::from_secs(10) {
        wait::pause(Duration::from_millis(200));
        let now = process::cpu_ticks(pid)?;
        // One tick per look is what an idle program may use.
        if now - seen <= 1.0 {
            return Ok(());
        }
        seen = now;
    }
    tell(format_args!("a program does not rest after its load"));
    Ok(())
}
