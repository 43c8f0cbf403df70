//! Signing in with a browser: where browsers come back to, and how long sessions last.

use std::time::Duration;

use super::Reader;

const SECONDS: &[&str] = &["MREG_FASTMCP_SESSION_EXPIRE_SECONDS"];
const HOURS: &[&str] = &["MREG_FASTMCP_SESSION_EXPIRE_HOURS"];
const CALLBACK: &[&str] = &["MREG_FASTMCP_OAUTH_CALLBACK_URL"];

/// Settings of signing in with a browser.
#[derive(Debug, Clone)]
pub struct SignInSettings {
    /// Where the identity provider sends browsers back to; below the gateway's address if unset.
    pub callback: Option<String>,
    /// What is asked of the identity provider; `{client}` is our client id.
    pub scopes: Vec<String>,
    /// How long somebody may take to sign in.
    pub state_ttl: Duration,
    /// How long a session lasts.
    pub session_ttl: Duration,
    /// How long before their end tokens are refreshed.
    pub refresh_margin: Duration,
}

impl SignInSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let hours = reader.number(HOURS, 24_u64, 1, 720);
        let seconds = reader.optional(SECONDS, "a whole number from 1 to 2592000", |text| {
            text.parse().ok().filter(|seconds| (1..=2_592_000).contains(seconds))
        });
        let callback = reader.base_url(CALLBACK);
        let scopes = reader
            .parsed(
                &["MREG_FASTMCP_OAUTH_SCOPES"],
                "openid,profile,email,offline_access,api://{client}/access_as_user",
                "scopes separated by commas, openid among them",
                |text| {
                    let scopes: Vec<String> =
                        text.split(',').map(|scope| scope.trim().to_owned()).collect();
                    let are_scopes = scopes.iter().all(|scope| is_scope(scope));
                    (are_scopes && scopes.iter().any(|scope| scope == "openid")).then_some(scopes)
                },
            )
            .unwrap_or_default();
        Self {
            callback,
            scopes,
            state_ttl: Duration::from_secs(reader.number(
                &["MREG_FASTMCP_OAUTH_STATE_TTL"],
                300,
                10,
                600,
            )),
            session_ttl: Duration::from_secs(seconds.unwrap_or(hours * 3600)),
            refresh_margin: Duration::from_mins(reader.number(
                &["MREG_FASTMCP_TOKEN_REFRESH_MARGIN_MINUTES"],
                5,
                0,
                60,
            )),
        }
    }
}

/// RFC 6749 §3.3: visible ASCII without quotes and backslashes.
fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}
