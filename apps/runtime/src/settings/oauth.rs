//! The gateway as OAuth authorization server: which clients, and how long tokens are good.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use registry_oauth_server::Preregistered;

use super::Reader;

const CLIENTS_FILE: &str = "MREG_OAUTH_CLIENTS_FILE";
const DAY: Duration = Duration::from_hours(24);

/// Settings of the authorization server.
#[derive(Debug, Clone)]
pub struct OAuthServerSettings {
    /// Whether the gateway is one, where people sign in at Entra ID.
    pub enabled: bool,
    /// Whether clients may register themselves.
    pub registration: bool,
    /// The clients of the operator's file.
    pub preregistered: Preregistered,
    /// How many clients may be registered at a time.
    pub max_clients: u32,
    /// How long an access token is good.
    pub access_ttl: Duration,
    /// How long a refresh token is good that nobody uses.
    pub refresh_ttl: Duration,
    /// How long a key signs.
    pub key_period: Duration,
}

impl OAuthServerSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let enabled = reader.flag(&["MREG_OAUTH_SERVER_ENABLED", "MREG_OAUTH_ENABLED"], true);
        let registration = reader.flag(&["MREG_ALLOW_DYNAMIC_REGISTRATION"], true);
        let file = reader.optional(&[CLIENTS_FILE], "a path", |text| Some(PathBuf::from(text)));
        let preregistered =
            file.map_or_else(|| Ok(Preregistered::default()), |path| clients(&path));
        let preregistered = preregistered.unwrap_or_else(|rule| {
            reader.problem(CLIENTS_FILE, rule);
            Preregistered::default()
        });
        Self {
            enabled,
            registration,
            preregistered,
            max_clients: reader.number(&["MREG_OAUTH_MAX_CLIENTS"], 10_000, 1, 1_000_000),
            access_ttl: Duration::from_secs(reader.number(
                &["MREG_OAUTH_ACCESS_TOKEN_SECONDS"],
                600,
                10,
                3600,
            )),
            refresh_ttl: DAY.saturating_mul(reader.number(
                &["MREG_OAUTH_REFRESH_TOKEN_DAYS"],
                30,
                1,
                365,
            )),
            key_period: DAY.saturating_mul(reader.number(&["MREG_OAUTH_KEY_DAYS"], 30, 1, 365)),
        }
    }
}

fn clients(path: &PathBuf) -> Result<Preregistered, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    Preregistered::parse(&text).map_err(|error| error.to_string())
}
