//! The table for people, the JSON for programs, and the verdict.

use std::fmt;

use serde::Serialize;

use super::{
    Options, Result,
    payload::Size,
    registry::Facts,
    rounds::{Sample, Scenario},
    statistics::{median, of, ratio, worst},
    subject::Target,
};

/// Everything that the gateway's part found.
#[derive(Serialize)]
pub struct Report {
    cores: usize,
    /// The machine's load average of the minute before: on a busy machine only ratios mean
    /// something, and not much.
    load_before: f64,
    rounds: u32,
    seconds: u32,
    sse: bool,
    results: Vec<Row>,
    registry: Option<Facts>,
    samples: Vec<Sample>,
}

/// The medians of one target under one load.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    scenario: Scenario,
    target: Target,
    requests_per_s: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    worst_p99_us: Option<f64>,
    cpu_us_per_call: Option<f64>,
    peak_rss_kib: Option<f64>,
    to_floor: Option<f64>,
    to_direct: Option<f64>,
}

impl Report {
    /// Puts the rounds' samples together.
    pub fn new(
        options: &Options,
        load_before: f64,
        samples: Vec<Sample>,
        registry: Option<Facts>,
    ) -> Result<Self> {
        let mut rows: Vec<Row> = vec![];
        for sample in &samples {
            let (scenario, target) = (sample.scenario, sample.target);
            if !rows.iter().any(|row| row.scenario == scenario && row.target == target) {
                rows.push(Row::new(&samples, scenario, target));
            }
        }
        rows.sort_by_key(|row| {
            let large = row.scenario.payload == Size::Large;
            (large, row.scenario.connections, row.target.name())
        });
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            load_before,
            rounds: options.rounds(),
            seconds: options.seconds(),
            sse: options.sse,
            results: rows,
            registry,
            samples,
        })
    }

    /// Whether gateway/floor at the most connections with the small payload reaches `minimum`; a
    /// minimum with nothing to compare is not reached.
    pub fn reaches(&self, minimum: f64) -> bool {
        let most = self
            .results
            .iter()
            .filter(|row| row.target == Target::Gateway && row.scenario.payload == Size::Small);
        let reached = most.max_by_key(|row| row.scenario.connections).and_then(|row| row.to_floor);
        reached.is_some_and(|ratio| ratio >= minimum)
    }
}

impl Row {
    fn new(samples: &[Sample], scenario: Scenario, target: Target) -> Self {
        let all = |what: fn(&Sample) -> f64| of(samples, scenario, target).map(what);
        let speed = |sample: &Sample| sample.requests_per_s;
        let to =
            |other| (other != target).then(|| ratio(samples, scenario, (target, other), speed));
        Self {
            scenario,
            target,
            requests_per_s: median(all(speed)),
            p50_us: median(all(|sample| sample.p50_us)),
            p99_us: median(all(|sample| sample.p99_us)),
            worst_p99_us: worst(all(|sample| sample.p99_us)),
            cpu_us_per_call: median(all(|sample| sample.cpu_us_per_call)),
            peak_rss_kib: worst(all(|sample| sample.peak_rss_kib)),
            to_floor: to(Target::Floor).flatten(),
            to_direct: to(Target::Direct).flatten(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, load_before, rounds, seconds, .. } = self;
        let form = if self.sse { "SSE" } else { "JSON" };
        writeln!(
            f,
            "medians of {rounds} rounds of {seconds} s, {form} answers, {cores} cores, \
             load average {load_before} before"
        )?;
        writeln!(
            f,
            "{:>5} {:6} {:8} {:>9} {:>9} {:>9} {:>10} {:>11} {:>9} {:>9} {:>9}",
            "conns",
            "call",
            "target",
            "calls/s",
            "p50 us",
            "p99 us",
            "worst p99",
            "cpu us/call",
            "peak MiB",
            "to floor",
            "to direct"
        )?;
        for row in &self.results {
            writeln!(
                f,
                "{:>5} {:6} {:8} {:>9} {:>9} {:>9} {:>10} {:>11} {:>9} {:>9} {:>9}",
                row.scenario.connections,
                if row.scenario.payload == Size::Small { "small" } else { "large" },
                row.target.name(),
                number(row.requests_per_s, 0),
                number(row.p50_us, 0),
                number(row.p99_us, 0),
                number(row.worst_p99_us, 0),
                number(row.cpu_us_per_call, 1),
                number(row.peak_rss_kib.map(|kib| kib / 1024.0), 1),
                number(row.to_floor, 3),
                number(row.to_direct, 3),
            )?;
        }
        let Some(facts) = &self.registry else { return Ok(()) };
        let starts = || facts.starts_ms.iter().copied();
        writeln!(
            f,
            "mcp-registry: start to ready {} ms (worst of {}: {}), approval to first call {:.1} ms, \
             idle {:.1} MiB, peak {:.1} MiB",
            number(median(starts()), 1),
            facts.starts_ms.len(),
            number(worst(starts()), 1),
            facts.approval_to_first_call_ms,
            facts.idle_rss_kib / 1024.0,
            facts.peak_rss_kib / 1024.0,
        )
    }
}

/// A number as tables show it.
pub fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}
