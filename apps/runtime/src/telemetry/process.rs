//! What the system says of this process, from `/proc`. Where there is none, nothing is said.

use std::fmt::Write as _;
use std::fs;

/// The kernel counts processor time in hundredths of a second for every program (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;
/// The size of a memory page wherever we build.
const PAGE_BYTES: f64 = 4096.0;

/// Appends the process's metrics to a page.
pub(crate) fn write(page: &mut String) {
    let Some(stat) = fs::read_to_string("/proc/self/stat").ok() else { return };
    let open = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    for (name, kind, meaning, value) in measured(&stat, &boot_time(), open) {
        // A String takes everything.
        let _ = write!(page, "# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n\n");
    }
}

type Metric = (&'static str, &'static str, &'static str, f64);

fn measured(stat: &str, system: &str, open: usize) -> Vec<Metric> {
    // The program's name may have blanks and brackets in it: what follows is after the last one.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    // Counted as in proc(5), where the state is field 3.
    let field = |number: usize| -> Option<f64> { fields.get(number - 3)?.parse().ok() };
    let cpu = field(14).zip(field(15)).map(|(user, kernel)| (user + kernel) / TICKS_PER_SECOND);
    let booted: Option<f64> = system.trim().parse().ok();
    let started = field(22).zip(booted).map(|(ticks, booted)| booted + ticks / TICKS_PER_SECOND);
    let open: Option<f64> = u32::try_from(open).ok().map(f64::from);
    let metric =
        |name, kind, meaning, value: Option<f64>| value.map(|value| (name, kind, meaning, value));
    [
        metric("process_cpu_seconds_total", "counter", "Processor time used.", cpu),
        metric(
            "process_resident_memory_bytes",
            "gauge",
            "Memory in use.",
            field(24).map(|pages| pages * PAGE_BYTES),
        ),
        metric("process_virtual_memory_bytes", "gauge", "Address space in use.", field(23)),
        metric("process_threads", "gauge", "Threads.", field(20)),
        metric("process_open_fds", "gauge", "Open file descriptors.", open),
        metric(
            "process_start_time_seconds",
            "gauge",
            "When the process began, in seconds since 1970.",
            started,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// When the system was started, in seconds since 1970; empty where nobody knows.
fn boot_time() -> String {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "));
    line.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_moves_no_field() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 0 0 0 0 0 150 50 0 0 20 0 9 0 1000 8192 3 0";
        let found = measured(stat, "1000000", 12);
        let values: Vec<f64> = found.iter().map(|metric| metric.3).collect();
        assert_eq!(values, [2.0, 12288.0, 8192.0, 9.0, 12.0, 1_000_010.0]);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        assert!(measured("", "", 1).iter().all(|metric| metric.0 == "process_open_fds"));
    }
}
