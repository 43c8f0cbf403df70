//! What an operator decides about the authorization server.

use std::time::Duration;

use registry_domain::oauth::{CALL_SCOPE, is_resource};
use url::Url;

use crate::preregistered::Preregistered;

/// Scopes of OpenID Connect that clients ask for by habit; they are granted, and mean nothing here.
const HABITUAL: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// How the authorization server works.
#[derive(Debug, Clone)]
pub struct OAuthSettings {
    /// The gateway's address, which is the issuer too; no slash at the end.
    pub base: String,
    /// What the identity provider puts in front of our scope (`api://{client}/`): a client that
    /// learned the scope there may ask for it so.
    pub scope_prefix: Option<String>,
    /// How many clients may be registered at a time.
    pub max_clients: u32,
    /// Whether clients may register themselves.
    pub registration: bool,
    /// Whether a client's metadata document, and with it its id, may be at `http` on this machine:
    /// in development.
    pub local_documents: bool,
    /// Clients that the operator named.
    pub preregistered: Preregistered,
    /// How long an access token is good.
    pub access_ttl: Duration,
    /// How long a refresh token is good that nobody uses.
    pub refresh_ttl: Duration,
    /// How long a key signs.
    pub key_period: Duration,
}

impl OAuthSettings {
    /// How long a person has for consent and sign-in.
    pub(crate) const TRANSACTION_TTL: Duration = Duration::from_mins(10);
    /// How long a code may be redeemed.
    pub(crate) const CODE_TTL: Duration = Duration::from_mins(1);
    /// How long a client is kept that was never granted anything.
    pub(crate) const UNUSED_CLIENT_TTL: Duration = Duration::from_hours(24);
    /// How long a consent is remembered.
    pub(crate) const CONSENT_TTL: Duration = Duration::from_hours(24 * 90);
    /// How many grants a person may have at a time.
    pub(crate) const MAX_GRANTS: u32 = 100;

    /// The defaults, at an address.
    pub fn new(base: impl Into<String>) -> Self {
        let mut base = base.into();
        base.truncate(base.trim_end_matches('/').len());
        Self {
            base,
            scope_prefix: None,
            max_clients: 10_000,
            registration: true,
            local_documents: false,
            preregistered: Preregistered::default(),
            access_ttl: Duration::from_mins(10),
            refresh_ttl: Duration::from_hours(24 * 30),
            key_period: Duration::from_hours(24 * 30),
        }
    }

    /// Whether browsers reach us over TLS: only then is a cookie for TLS alone.
    pub(crate) fn is_https(&self) -> bool {
        self.base.starts_with("https://")
    }

    /// An address of ours.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The path of a resource of ours by its address, empty for the root. `None`: it is not ours.
    pub(crate) fn resource_path(&self, address: &str) -> Option<String> {
        let asked = Url::parse(address).ok()?;
        let base = Url::parse(&self.base).ok()?;
        let is_plain = asked.fragment().is_none()
            && asked.query().is_none()
            && asked.username().is_empty()
            && asked.password().is_none();
        if !is_plain || asked.origin() != base.origin() {
            return None;
        }
        let path = asked.path().strip_prefix(base.path().trim_end_matches('/'))?;
        let path = path.strip_suffix('/').unwrap_or(path);
        is_resource(path).then(|| path.to_owned())
    }

    /// The short form of the scopes that are asked for; an error names the first that is not ours.
    pub(crate) fn scopes(&self, asked: Option<&str>) -> Result<Vec<String>, String> {
        let mut scopes = Vec::new();
        for name in asked.unwrap_or_default().split(' ').filter(|name| !name.is_empty()) {
            let short = self
                .scope_prefix
                .as_deref()
                .and_then(|prefix| name.strip_prefix(prefix))
                .unwrap_or(name);
            if short != CALL_SCOPE && !HABITUAL.contains(&short) {
                return Err(short.chars().filter(char::is_ascii_graphic).take(100).collect());
            }
            if !scopes.iter().any(|known| known == short) {
                scopes.push(short.to_owned());
            }
        }
        if scopes.is_empty() {
            scopes.push(CALL_SCOPE.to_owned());
        }
        scopes.sort_unstable();
        Ok(scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_ours_by_its_whole_address() {
        let path = |address: &str| OAuthSettings::new("https://gw.example/").resource_path(address);
        for (address, found) in [
            ("https://gw.example", ""),
            ("https://gw.example/", ""),
            ("https://GW.example:443/mcp", "/mcp"),
            ("https://gw.example/mcp/", "/mcp"),
            ("https://gw.example/servers/files/mcp", "/servers/files/mcp"),
        ] {
            assert_eq!(path(address).as_deref(), Some(found), "{address}");
        }
        for address in [
            "http://gw.example/mcp",
            "https://gw.example:444/mcp",
            "https://gw.example.evil.example/mcp",
            "https://gw.example@evil.example/mcp",
            "https://u@gw.example/mcp",
            "https://gw.example/mcp?x=1",
            "https://gw.example/mcp#x",
            "https://gw.example/token",
            "https://gw.example/servers//mcp",
            "https://gw.example/servers/a/b/mcp",
            "/mcp",
            "",
        ] {
            assert_eq!(path(address), None, "{address}");
        }
    }

    #[test]
    fn scopes_are_taken_in_either_form_and_others_are_named() {
        let settings = OAuthSettings {
            scope_prefix: Some("api://app/".to_owned()),
            ..OAuthSettings::new("https://gw.example")
        };
        assert_eq!(settings.scopes(None).unwrap(), ["access_as_user"]);
        assert_eq!(settings.scopes(Some("")).unwrap(), ["access_as_user"]);
        let both = settings.scopes(Some("openid api://app/access_as_user access_as_user"));
        assert_eq!(both.unwrap(), ["access_as_user", "openid"]);
        assert_eq!(settings.scopes(Some("openid root")).unwrap_err(), "root");
    }
}
