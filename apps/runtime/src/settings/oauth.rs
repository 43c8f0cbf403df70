//! The gateway as OAuth authorization server: which clients, and how long tokens are good.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use registry_oauth_server::Preregistered;
use url::{Host, Url};

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
    /// The identity provider whose assertions are taken, if any are.
    pub assertion_issuer: Option<String>,
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
            assertion_issuer: reader.optional(
                &["MREG_OAUTH_ID_JAG_ISSUER"],
                "an https URL, or http on this machine",
                issuer,
            ),
        }
    }
}

/// An issuer's address, which is compared letter by letter. Its keys are not believed over an open
/// network.
fn issuer(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_fit = is_secure(&url) && url.query().is_none() && url.fragment().is_none();
    is_fit.then(|| text.to_owned())
}

fn is_secure(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_here)
}

fn clients(path: &PathBuf) -> Result<Preregistered, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    Preregistered::parse(&text).map_err(|error| error.to_string())
}
