//! Where an issuer's keys are, and how often they are asked for.

use std::time::Duration;

use url::Url;

/// Where the keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksAddress {
    /// In the document that this discovery document names as `jwks_uri`
    /// (OpenID Connect Discovery 1.0 §3). The keys' host may be another one; it too must speak
    /// https or be this machine.
    Discovery(Url),
    /// Here.
    Keys(Url),
}

impl JwksAddress {
    /// The address that is asked first.
    pub(super) const fn url(&self) -> &Url {
        match self {
            Self::Discovery(url) | Self::Keys(url) => url,
        }
    }
}

/// Where keys are, and how often they are asked for.
#[derive(Debug, Clone)]
pub struct JwksSettings {
    /// Where they are.
    pub address: JwksAddress,
    /// For how long they are good.
    pub max_age: Duration,
    /// How often at most an unknown `kid` makes us ask again, and how often a host that is down is
    /// asked for keys that we have.
    pub cool_down: Duration,
    /// How often a host that is down is asked for the first keys.
    pub retry_pause: Duration,
    /// How long a fetch may take, both documents together.
    pub timeout: Duration,
}

impl JwksSettings {
    /// Keys for a day, a cool-down of a minute, five seconds between first tries and for each.
    pub const fn new(address: JwksAddress) -> Self {
        Self {
            address,
            max_age: Duration::from_hours(24),
            cool_down: Duration::from_mins(1),
            retry_pause: Duration::from_secs(5),
            timeout: Duration::from_secs(5),
        }
    }

    /// An Entra tenant's keys: `{authority}/{tenant}/v2.0/.well-known/openid-configuration`. The
    /// tenant may be `organizations` where several are accepted. v1 tokens have the same keys.
    ///
    /// # Errors
    /// When that is not a URL.
    pub fn entra(authority: &str, tenant: &str) -> Result<Self, url::ParseError> {
        let authority = authority.trim_end_matches('/');
        let url = format!("{authority}/{tenant}/v2.0/.well-known/openid-configuration");
        Ok(Self::new(JwksAddress::Discovery(Url::parse(&url)?)))
    }
}
