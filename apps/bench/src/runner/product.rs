//! `mcp-registry serve` as a process: its start, and calls to its API.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Options, Result, http, process::Process, wait};

/// The running product.
pub struct Product {
    pub process: Process,
    /// The address of its API.
    pub service: String,
    /// The address of its gateway.
    pub gateway: String,
    pub ready_ms: f64,
    /// Removed when the process is gone.
    _data: TempDir,
}

/// Somebody's token for its API.
pub struct Person {
    pub token: String,
}

impl Person {
    /// The headers of a request with a JSON body.
    pub fn headers(&self) -> Vec<(String, String)> {
        vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Authorization".to_owned(), format!("Bearer {}", self.token)),
        ]
    }
}

impl Product {
    /// Starts it on an empty data folder, with these settings beside those of each measurement,
    /// and polls tightly until both ports are ready.
    pub fn start(folder: &Path, options: &Options, settings: &[(&str, &str)]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let data_dir = data.path().to_string_lossy();
        let mut envs: Vec<(String, String)> = [
            ("ENVIRONMENT", "development"),
            ("MREG_SERVICE_HOST", "127.0.0.1"),
            ("MREG_SERVICE_PORT", "0"),
            ("MREG_FASTMCP_HOST", "127.0.0.1"),
            ("MREG_FASTMCP_PORT", "0"),
            // Limits are on, and out of reach.
            ("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "60000000"),
            ("MREG_FASTMCP_RATE_LIMIT_ADMIN_RPM", "60000000"),
            ("MREG_DATA_DIR", &data_dir),
        ]
        .iter()
        .chain(settings)
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        for setting in &options.gateway_env {
            let (name, value) = setting.split_once('=').ok_or("--gateway-env wants NAME=VALUE")?;
            envs.push((name.to_owned(), value.to_owned()));
        }
        let spawned = Instant::now();
        let process = Process::spawn(folder, "mcp-registry", &["serve"], &envs)?;
        let (service, gateway) = listening(&process)?;
        for address in [&service, &gateway] {
            wait::until("both ports are ready", Duration::from_micros(200), || {
                let answer = http::exchange("GET", address, "/ready", &[], "").ok();
                Ok(answer.filter(|answer| answer.status == 200))
            })?;
        }
        let ready_ms = spawned.elapsed().as_secs_f64() * 1e3;
        Ok(Self { process, service, gateway, ready_ms, _data: data })
    }

    /// A token for a person of this name and role.
    pub fn person(&self, subject: &str, role: &str) -> Result<Person> {
        let claims = json!({ "subject": subject, "roles": [role], "expires_in": 86_400 });
        let json = [("Content-Type".to_owned(), "application/json".to_owned())];
        let answer =
            http::exchange("POST", &self.service, "/dev/token", &json, &claims.to_string())?;
        Ok(Person { token: text(&answer.success("POST /dev/token")?, "/access_token")? })
    }

    /// Calls its API; an answer that is no success is an error.
    pub fn send(&self, method: &str, path: &str, person: &Person, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        http::exchange(method, &self.service, path, &person.headers(), &body)?
            .success(&format!("{method} {path}"))
    }

    /// Submits the upstream at `url` and waits for its discovery; gives the registration's id.
    pub fn submit(&self, url: &str, person: &Person) -> Result<String> {
        let submission = json!({
            "endpoint_url": url,
            "endpoint_name": "bench echo",
            "owner_contact": "bench@example.com",
            "available_tools": [],
        });
        let submitted = self.send("POST", "/registrations", person, &submission)?;
        let id = text(&submitted, "/registration_id")?;
        let path = format!("/registrations/{id}");
        wait::until("discovery of the echo server is complete", Duration::from_millis(5), || {
            let seen = self.send("GET", &path, person, &Value::Null)?;
            match seen.pointer("/discovery/state").and_then(Value::as_str) {
                Some("complete") => Ok(Some(())),
                Some("failed") => Err(format!("discovery failed: {seen}").into()),
                _ => Ok(None),
            }
        })?;
        Ok(id)
    }
}

/// The two addresses that it writes to its log.
fn listening(process: &Process) -> Result<(String, String)> {
    let (mut service, mut gateway) = (None, None);
    loop {
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
        if let (Some(service), Some(gateway)) = (&service, &gateway) {
            return Ok((service.clone(), gateway.clone()));
        }
    }
}

/// The text at this place of an answer.
pub fn text(from: &Value, pointer: &str) -> Result<String> {
    let text = from.pointer(pointer).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("no {pointer} in {from}"))?.to_owned())
}
