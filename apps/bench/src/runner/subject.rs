//! What is loaded: the upstream itself, the floor, the gateway.

use super::{Result, http, payload::Payload, process::Process};

/// The three things that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The upstream without anything in front.
    Direct,
    /// The bare proxy.
    Floor,
    /// `mcp-registry serve`, at `/servers/{alias}/mcp`.
    Gateway,
}

impl Target {
    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Floor => "floor",
            Self::Gateway => "gateway",
        }
    }
}

/// A target that is ready to be loaded.
#[derive(Clone, Debug)]
pub struct Subject {
    pub target: Target,
    pub address: String,
    /// `None`: the upstream's own path, as the options say.
    pub path: Option<String>,
    pub token: Option<String>,
    pub pid: u32,
}

impl Subject {
    /// The upstream or the floor: no token, the upstream's path.
    pub fn bare(target: Target, process: &Process) -> Self {
        let address = process.address().to_owned();
        Self { target, address, path: None, token: None, pid: process.pid() }
    }

    /// Makes one call and checks status and echo; gives the answer's size on the wire.
    pub fn verify(&self, path: &str, payload: &Payload) -> Result<usize> {
        let headers = Payload::headers(self.token.as_deref());
        let answer = http::exchange("POST", &self.address, path, &headers, &payload.body)?;
        if answer.status != 200 || !payload.is_echoed_by(&answer.body) {
            let text: String = String::from_utf8_lossy(&answer.body).chars().take(500).collect();
            let name = self.target.name();
            return Err(format!("{name} does not echo: {} {text}", answer.status).into());
        }
        Ok(answer.raw_bytes)
    }
}
