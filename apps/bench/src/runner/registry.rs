//! `mcp-registry serve`: its start measured, the echo server submitted and approved through its API.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    Options, Result, http,
    payload::Payload,
    process::{self, Process},
    progress::tell,
    subject::{Subject, Target},
    wait,
};

/// The running product, with the echo server approved.
pub struct Registry {
    started: Started,
    subject: Subject,
    starts_ms: Vec<f64>,
    idle_rss_kib: f64,
    approval_to_first_call_ms: f64,
}

/// What was measured beside the load.
#[derive(serde::Serialize)]
pub struct Facts {
    pub starts_ms: Vec<f64>,
    pub idle_rss_kib: f64,
    pub peak_rss_kib: f64,
    pub approval_to_first_call_ms: f64,
}

struct Started {
    process: Process,
    service: String,
    gateway: String,
    ready_ms: f64,
    /// Removed when the process is gone.
    _data: TempDir,
}

impl Registry {
    /// Measures some starts, keeps the last one and makes the upstream at `url` callable there.
    pub fn start(folder: &Path, options: &Options, url: &str) -> Result<Self> {
        let url = url.replace("/mcp", options.upstream_path());
        let mut starts_ms = vec![];
        for _ in 1..options.starts() {
            starts_ms.push(start(folder, options)?.ready_ms);
        }
        let started = start(folder, options)?;
        starts_ms.push(started.ready_ms);
        tell(format_args!("mcp-registry was ready after {starts_ms:.1?} ms"));
        // Idle is a second after the start, when what the start itself needed has been given back.
        wait::pause(Duration::from_secs(1));
        let (idle_rss_kib, _) = process::memory_kib(started.process.pid())?;
        let (subject, approval_to_first_call_ms) = publish(&started, &url)?;
        tell(format_args!("callable {approval_to_first_call_ms:.1} ms after its approval"));
        Ok(Self { started, subject, starts_ms, idle_rss_kib, approval_to_first_call_ms })
    }

    /// The gateway's door to the echo server.
    pub fn subject(&self) -> Subject {
        self.subject.clone()
    }

    /// What was measured beside the load, peak memory up to now.
    pub fn facts(&self) -> Result<Facts> {
        let (_, peak_rss_kib) = process::memory_kib(self.started.process.pid())?;
        Ok(Facts {
            starts_ms: self.starts_ms.clone(),
            idle_rss_kib: self.idle_rss_kib,
            peak_rss_kib,
            approval_to_first_call_ms: self.approval_to_first_call_ms,
        })
    }
}

/// Starts the product on an empty data folder and polls tightly until both ports are ready.
fn start(folder: &Path, options: &Options) -> Result<Started> {
    let data = tempfile::tempdir()?;
    let mut envs: Vec<(String, String)> = [
        ("ENVIRONMENT", "development"),
        ("MREG_SERVICE_HOST", "127.0.0.1"),
        ("MREG_SERVICE_PORT", "0"),
        ("MREG_FASTMCP_HOST", "127.0.0.1"),
        ("MREG_FASTMCP_PORT", "0"),
        // Limits are on, and out of reach.
        ("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "60000000"),
        ("MREG_FASTMCP_RATE_LIMIT_ADMIN_RPM", "60000000"),
        ("MREG_DATA_DIR", &data.path().to_string_lossy()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for setting in &options.gateway_env {
        let (name, value) = setting.split_once('=').ok_or("--gateway-env wants NAME=VALUE")?;
        envs.push((name.to_owned(), value.to_owned()));
    }
    let spawned = Instant::now();
    let process = Process::spawn(folder, "mcp-registry", &["serve"], &envs)?;
    let (mut service, mut gateway) = (None, None);
    while service.is_none() || gateway.is_none() {
        let line = process.next_line().map_err(|error| format!("mcp-registry {error}"))?;
        let log: Value = serde_json::from_str(&line).unwrap_or_default();
        let member = |name: &str| log.get(name).or_else(|| log.get("fields")?.get(name))?.as_str();
        if member("message") == Some("listening") {
            let address = member("address").map(str::to_owned);
            match member("server") {
                Some("public-api") => service = address,
                Some("mcp-gateway") => gateway = address,
                _ => {}
            }
        }
    }
    let (service, gateway) = (service.unwrap_or_default(), gateway.unwrap_or_default());
    for address in [&service, &gateway] {
        wait::until("both ports are ready", Duration::from_micros(200), || {
            let answer = http::exchange("GET", address, "/ready", &[], "").ok();
            Ok(answer.filter(|answer| answer.status == 200))
        })?;
    }
    let ready_ms = spawned.elapsed().as_secs_f64() * 1e3;
    Ok(Started { process, service, gateway, ready_ms, _data: data })
}

/// Submits the echo server, waits for its discovery, approves it, and calls it until it answers.
fn publish(started: &Started, url: &str) -> Result<(Subject, f64)> {
    let user = token(&started.service, "bench-user", "user")?;
    let admin = token(&started.service, "bench-admin", "admin")?;
    let submission = json!({
        "endpoint_url": url,
        "endpoint_name": "bench echo",
        "owner_contact": "bench@example.com",
        "available_tools": [],
    });
    let submitted = send(started, "POST", "/registrations", &user, &submission)?;
    let id = text(&submitted, "/registration_id")?;
    let path = format!("/registrations/{id}");
    wait::until("discovery of the echo server is complete", Duration::from_millis(5), || {
        let seen = send(started, "GET", &path, &user, &Value::Null)?;
        match seen.pointer("/discovery/state").and_then(Value::as_str) {
            Some("complete") => Ok(Some(())),
            Some("failed") => Err(format!("discovery failed: {seen}").into()),
            _ => Ok(None),
        }
    })?;
    let decision = json!({ "status": "Approved" });
    let decided = Instant::now();
    let approved = send(started, "PATCH", &format!("{path}/status"), &admin, &decision)?;
    let subject = Subject {
        target: Target::Gateway,
        address: started.gateway.clone(),
        path: Some(format!("/servers/{}/mcp", text(&approved, "/alias")?)),
        token: Some(user),
        pid: started.process.pid(),
    };
    let payload = Payload::new(1);
    let path = subject.path.clone().unwrap_or_default();
    let mut refusal = String::new();
    let called =
        wait::until("a call through the gateway answers", Duration::from_millis(1), || {
            let called = subject.verify(&path, &payload);
            refusal = called.as_ref().err().map(ToString::to_string).unwrap_or_default();
            Ok(called.ok())
        });
    called.map_err(|error| format!("{error}; last: {refusal}"))?;
    Ok((subject, decided.elapsed().as_secs_f64() * 1e3))
}

fn token(service: &str, subject: &str, role: &str) -> Result<String> {
    let claims = json!({ "subject": subject, "roles": [role], "expires_in": 86_400 }).to_string();
    let json = [("Content-Type".to_owned(), "application/json".to_owned())];
    let answer = http::exchange("POST", service, "/dev/token", &json, &claims)?;
    text(&answer.success("POST /dev/token")?, "/access_token")
}

fn send(started: &Started, method: &str, path: &str, token: &str, body: &Value) -> Result<Value> {
    let headers = [
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Authorization".to_owned(), format!("Bearer {token}")),
    ];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    http::exchange(method, &started.service, path, &headers, &body)?
        .success(&format!("{method} {path}"))
}

fn text(from: &Value, pointer: &str) -> Result<String> {
    let text = from.pointer(pointer).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no {pointer} in {from}"))?.to_owned())
}
