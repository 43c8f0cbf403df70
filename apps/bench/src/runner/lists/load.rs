//! The two reads, and their rounds: each side in turn, so that what disturbs the machine disturbs
//! all of them.

use std::{fmt::Write as _, io::Write as _};

use super::stage::{Side, Stage};
use crate::runner::{Options, Result, process, progress::tell, wrk};

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Read {
    List,
    Find,
}

impl Read {
    /// Both, in the order of the table.
    pub const ALL: [Self; 2] = [Self::List, Self::Find];

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Find => "find",
        }
    }

    /// One address of it.
    pub fn path(self, ids: &[String]) -> Result<String> {
        Ok(match self {
            Self::List => "/api/v1/servers?limit=100".to_owned(),
            Self::Find => {
                format!("/api/v1/servers/{}", ids.first().ok_or("no servers were seeded")?)
            }
        })
    }

    /// What wrk sends: the list, or servers in turn. Of kept servers as many as a list has, because
    /// those are what people open; else all of them.
    fn script(self, stage: &Stage, side: Side) -> Result<String> {
        let mut script = wrk::headers(&stage.headers(side))?;
        if self == Self::Find {
            let kept = matches!(side, Side::Kept | Side::KeptFloor);
            let count = if kept { 100 } else { stage.ids.len() };
            let file = stage.folder.path().join("ids");
            let mut to = std::io::BufWriter::new(std::fs::File::create(&file)?);
            for id in stage.ids.iter().take(count) {
                writeln!(to, "{}", Stage::path(side, &format!("/api/v1/servers/{id}")))?;
            }
            to.flush()?;
            writeln!(script, "local file = [==[{}]==]{IN_TURN}", file.display())?;
        }
        Ok(script)
    }
}

/// Each address of a file in turn, again and again.
const IN_TURN: &str = "
local paths, n = {}, 0
for path in io.lines(file) do paths[#paths + 1] = path end
request = function()
  n = n % #paths + 1
  return wrk.format('GET', paths[n])
end
";

/// One round of one side.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sample {
    pub read: Read,
    pub side: Side,
    pub round: u32,
    pub requests_per_s: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub cpu_us_per_request: f64,
}

/// Measures a read; the first, unmeasured second of each side warms it up.
pub fn measure(options: &Options, stage: &Stage, read: Read) -> Result<Vec<Sample>> {
    let ticks = process::ticks_per_second()?;
    let mut sides = Side::ALL.to_vec();
    let mut samples = vec![];
    for round in 0..=options.rounds() {
        for &side in &sides {
            let path = Stage::path(side, &read.path(&stage.ids)?);
            let name = format!("{} on {}", read.name(), side.name());
            let job = wrk::Job {
                name: &name,
                address: stage.address(side),
                path: &path,
                connections: options.list_connections,
                seconds: if round == 0 { 1 } else { options.seconds() },
            };
            let before = process::cpu_ticks(stage.pid(side))?;
            let load = wrk::run(job, read.script(stage, side)?, stage.folder.path())?;
            let used = process::cpu_ticks(stage.pid(side))? - before;
            let speed = load.requests / load.duration_us * 1e6;
            tell(format_args!(
                "{}, round {round}/{}: {:26} {speed:7.0}/s, p50 {:.0} us, p99 {:.0} us",
                read.name(),
                options.rounds(),
                side.name(),
                load.p50_us,
                load.p99_us,
            ));
            if round > 0 {
                samples.push(Sample {
                    read,
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
