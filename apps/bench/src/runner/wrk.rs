//! One round of load by `wrk`, told what to send by a generated Lua script.

use std::{fmt::Write as _, path::Path, process::Command};

use serde::Deserialize;

use super::{Result, payload::Payload, subject::Subject};

const INSTALL: &str = "wrk is needed to make load; install it: apt-get install -y wrk";

/// What `wrk` measured; times in microseconds.
#[derive(Clone, Debug, Deserialize)]
pub struct Load {
    pub requests: f64,
    pub duration_us: f64,
    pub bytes: f64,
    pub errors: f64,
    pub non_2xx: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
}

/// Whom to load, and how much.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// For messages.
    pub name: &'a str,
    pub address: &'a str,
    pub path: &'a str,
    pub connections: u32,
    pub seconds: u32,
}

/// Fails with the command that installs it.
pub fn check_present() -> Result<()> {
    // `wrk -v` prints its version and ends with 1.
    Command::new("wrk").arg("-v").output().map(drop).map_err(|_| INSTALL.into())
}

/// Loads `subject` for `seconds` with one call over and over.
pub fn load(
    subject: &Subject,
    path: &str,
    payload: &Payload,
    connections: u32,
    seconds: u32,
    folder: &Path,
) -> Result<Load> {
    let body = folder.join("body.json");
    std::fs::write(&body, &payload.body)?;
    let mut script = format!(
        "wrk.method = 'POST'\nwrk.body = io.open([==[{}]==], 'rb'):read('*a')\n",
        body.display()
    );
    script.push_str(&headers(&Payload::headers(subject.token.as_deref()))?);
    let name = subject.target.name();
    run(Job { name, address: &subject.address, path, connections, seconds }, script, folder)
}

/// The part of a script that sets headers.
pub fn headers(headers: &[(String, String)]) -> Result<String> {
    let mut script = String::new();
    for (name, value) in headers {
        writeln!(script, "wrk.headers['{name}'] = [==[{value}]==]")?;
    }
    Ok(script)
}

/// Does a job with a script of one's own; a refused, broken or late answer is an error.
pub fn run(job: Job<'_>, mut script: String, folder: &Path) -> Result<Load> {
    script.push_str(DONE);
    let file = folder.join("load.lua");
    std::fs::write(&file, script)?;
    let Job { name, address, path, connections, seconds } = job;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--timeout", "10s", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s"), "--script"])
        .arg(&file)
        .arg(format!("http://{address}{path}"))
        .output()
        .map_err(|error| format!("{INSTALL} ({error})"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.strip_prefix("BENCH "));
    let result = result.ok_or_else(|| {
        format!("wrk gave no result: {text}{}", String::from_utf8_lossy(&output.stderr))
    })?;
    let load: Load = serde_json::from_str(result)?;
    if load.requests < 1.0 || load.errors > 0.0 || load.non_2xx > 0.0 {
        return Err(
            format!("{name} at {connections} connections: not all answered: {load:?}").into()
        );
    }
    Ok(load)
}

/// The end of each script: one line of JSON.
const DONE: &str = r#"
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'BENCH {"requests":%.0f,"duration_us":%.0f,"bytes":%.0f,"errors":%.0f,"non_2xx":%.0f,' ..
    '"p50_us":%.0f,"p99_us":%.0f,"max_us":%.0f}\n',
    summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.timeout, e.status,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"#;
