//! The gateway's side of `mcp-registry serve`: its starts measured, and the echo server submitted
//! and approved through its API.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    Options, Result,
    payload::Payload,
    process,
    product::{Product, text},
    progress::tell,
    subject::{Subject, Target},
    wait,
};

/// The running product, with the echo server approved.
pub struct Registry {
    product: Product,
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

impl Registry {
    /// Measures some starts, keeps the last one and makes the upstream at `url` callable there.
    pub fn start(folder: &Path, options: &Options, url: &str) -> Result<Self> {
        let url = url.replace("/mcp", options.upstream_path());
        let mut starts_ms = vec![];
        for _ in 1..options.starts() {
            starts_ms.push(Product::start(folder, options, &[])?.ready_ms);
        }
        let product = Product::start(folder, options, &[])?;
        starts_ms.push(product.ready_ms);
        tell(format_args!("mcp-registry was ready after {starts_ms:.1?} ms"));
        // Idle is a second after the start, when what the start itself needed has been given back.
        wait::pause(Duration::from_secs(1));
        let (idle_rss_kib, _) = process::memory_kib(product.process.pid())?;
        let (subject, approval_to_first_call_ms) = publish(&product, &url)?;
        tell(format_args!("callable {approval_to_first_call_ms:.1} ms after its approval"));
        Ok(Self { product, subject, starts_ms, idle_rss_kib, approval_to_first_call_ms })
    }

    /// The gateway's door to the echo server.
    pub fn subject(&self) -> Subject {
        self.subject.clone()
    }

    /// What was measured beside the load, peak memory up to now.
    pub fn facts(&self) -> Result<Facts> {
        let (_, peak_rss_kib) = process::memory_kib(self.product.process.pid())?;
        Ok(Facts {
            starts_ms: self.starts_ms.clone(),
            idle_rss_kib: self.idle_rss_kib,
            peak_rss_kib,
            approval_to_first_call_ms: self.approval_to_first_call_ms,
        })
    }
}

/// Submits the echo server, waits for its discovery, approves it, and calls it until it answers.
fn publish(product: &Product, url: &str) -> Result<(Subject, f64)> {
    let user = product.person("bench-user", "user")?;
    let admin = product.person("bench-admin", "admin")?;
    let path = format!("/registrations/{}/status", product.submit(url, &user)?);
    let decision = json!({ "status": "Approved" });
    let decided = Instant::now();
    let approved = product.send("PATCH", &path, &admin, &decision)?;
    let subject = Subject {
        target: Target::Gateway,
        address: product.gateway.clone(),
        path: Some(format!("/servers/{}/mcp", text(&approved, "/alias")?)),
        token: Some(user.token),
        pid: product.process.pid(),
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
