//! What a process holds, as Linux tells it, and limits that are set while it runs.

use std::{fs, process::Command};

/// Memory, descriptors and threads of a process.
#[derive(Clone, Copy, Debug)]
pub struct Vitals {
    /// Resident memory, in KiB.
    pub rss_kib: u32,
    /// Open file descriptors.
    pub fds: u32,
    /// Threads.
    pub threads: u32,
}

impl Vitals {
    /// Of this process, now.
    pub fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let digits = line.and_then(|line| line.split_whitespace().next());
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let fds = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        Self {
            rss_kib: number("VmRSS:"),
            fds: u32::try_from(fds).unwrap_or(u32::MAX),
            threads: number("Threads:"),
        }
    }
}

/// Sets a soft limit of a running process, such as `nofile` or `fsize`; `None` takes it away as far
/// as the hard one allows.
pub fn limit(pid: u32, what: &str, soft: Option<u64>) {
    let soft = soft.map_or_else(|| "unlimited".to_owned(), |soft| soft.to_string());
    let set = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &format!("--{what}={soft}:")])
        .status()
        .expect("prlimit (util-linux) runs");
    assert!(set.success(), "prlimit --{what}={soft}: failed");
}

/// The hard limit on open files of a process.
pub fn most_files(pid: u32) -> u64 {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let hard = line.and_then(|line| line.split_whitespace().nth(4));
    hard.and_then(|hard| hard.parse().ok()).unwrap_or(1024)
}
