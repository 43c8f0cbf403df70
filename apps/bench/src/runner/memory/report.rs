//! What the process weighed.

use std::fmt;

use serde::Serialize;

/// How much more than the idle process it may be after the load, in KiB.
const GOAL_KIB: f64 = 64.0 * 1024.0;

/// The process's memory before, during and after its load.
#[derive(Serialize)]
pub struct Report {
    pub servers: u32,
    pub seconds: u32,
    pub idle_kib: f64,
    pub peak_kib: f64,
    pub after_kib: f64,
    pub rested_kib: f64,
    pub requests: f64,
    pub calls: f64,
}

impl Report {
    /// Whether it is more than the goal above the idle process when the load ends.
    pub fn misses_its_goal(&self) -> bool {
        self.after_kib - self.idle_kib > GOAL_KIB
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, seconds, idle_kib, requests, calls, .. } = self;
        writeln!(
            f,
            "memory with {servers} servers, {seconds} s of mixed load ({requests:.0} requests on \
             port 8000, {calls:.0} calls on port 8001)"
        )?;
        let rows = [
            ("idle", *idle_kib),
            ("peak", self.peak_kib),
            ("when the load ended", self.after_kib),
            ("some seconds later", self.rested_kib),
        ];
        for (when, kib) in rows {
            let above = (kib - idle_kib) / 1024.0;
            writeln!(f, "{when:20} {:>8.1} MiB {above:>+8.1}", kib / 1024.0)?;
        }
        let verdict = if self.misses_its_goal() { "MISSED" } else { "ok" };
        writeln!(
            f,
            "goal: at most {:.0} MiB above idle when it ended: {verdict}",
            GOAL_KIB / 1024.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_how_much_is_left_when_the_load_ends() {
        let report = |after_kib| Report {
            servers: 1,
            seconds: 1,
            idle_kib: 100_000.0,
            peak_kib: 300_000.0,
            after_kib,
            rested_kib: 100_000.0,
            requests: 1.0,
            calls: 1.0,
        };
        assert!(!report(100_000.0 + GOAL_KIB).misses_its_goal());
        assert!(report(100_001.0 + GOAL_KIB).misses_its_goal());
    }
}
