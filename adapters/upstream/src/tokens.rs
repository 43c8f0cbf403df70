//! What a server is shown of its credential: a header as it is, or a bearer token that we get as
//! ourselves (RFC 6749 §4.4) and keep until shortly before it ends.
//!
//! Of many who need a server's token at once one fetches it, and the others wait: for its success as
//! for its failure. Nothing that who gives tokens says is repeated.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use parking_lot::{Mutex, RwLock};
use registry_domain::credential::{Credential, CredentialSecret, is_token_url};
use registry_domain::endpoint::EndpointUrl;
use registry_domain::id::ServerId;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Secret, UpstreamFailure};
use serde::Deserialize;
use tokio::time::Instant;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::connect::{self, Pool};
use crate::head;
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;
use crate::target::Target;

/// How long getting a token may take, to its last byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer with a token may be.
const MOST_BYTES: usize = 64 * 1024;
/// How long a token may be: longer ones fit into no server's headers.
const MOST_TOKEN_BYTES: usize = 16 * 1024;
/// How long a token is taken to hold whose end nobody tells.
const UNTOLD: Duration = Duration::from_mins(5);
/// How long a token is kept at most, whatever is told.
const LONGEST: Duration = Duration::from_hours(24);
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_mins(1);
/// Of how many servers tokens are kept; beyond it all are forgotten and fetched anew.
const MOST_SERVERS: usize = 10_000;

/// A header that opens a server.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

#[derive(Clone)]
struct Token {
    value: HeaderValue,
    until: Instant,
}

/// What is known of a credential's token.
struct Slot {
    /// The credential that it is for: another one of the same server has another slot.
    credential: Credential,
    known: RwLock<Option<Token>>,
    /// Who holds it fetches the token; it remembers how the last try failed.
    fetching: tokio::sync::Mutex<Option<UpstreamFailure>>,
    failed_tries: AtomicU64,
}

impl Slot {
    fn fresh(&self) -> Option<Shown> {
        let known = self.known.read();
        let token = known.as_ref().filter(|token| Instant::now() < token.until)?;
        Some(Shown { name: AUTHORIZATION, value: token.value.clone() })
    }
}

/// The tokens of servers, one for each, for all threads of the process.
pub(crate) struct AccessTokens {
    settings: UpstreamSettings,
    pool: Pool,
    slots: Mutex<HashMap<ServerId, Arc<Slot>>>,
}

impl AccessTokens {
    /// Makes it, with nothing known. It keeps no connection: a token is fetched now and then, by
    /// whichever thread needs it.
    pub(crate) fn new(settings: UpstreamSettings) -> Self {
        let settings = UpstreamSettings { pool_max_idle_per_host: 0, ..settings };
        Self { pool: connect::pool(&settings), slots: Mutex::default(), settings }
    }

    /// What the server is shown.
    ///
    /// # Errors
    /// [`FaultClass::CredentialRefused`], before anything was sent to the server.
    pub(crate) async fn shown(&self, credential: &Credential) -> Result<Shown, UpstreamFailure> {
        match &credential.secret {
            Err(unusable) => Err(refused(unusable.to_string())),
            Ok(CredentialSecret::Header { name, value }) => {
                let unspeakable = || refused("the credential cannot be written in a header");
                Ok(Shown {
                    name: HeaderName::try_from(name).map_err(|_| unspeakable())?,
                    value: sensitive(value.expose()).ok_or_else(unspeakable)?,
                })
            }
            Ok(CredentialSecret::OnBehalfOf { .. } | CredentialSecret::UserGrant { .. }) => {
                Err(refused("it is opened in the name of a caller, and there is none"))
            }
            Ok(CredentialSecret::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                scopes,
            }) => {
                let slot = self.slot(credential);
                if let Some(shown) = slot.fresh() {
                    return Ok(shown);
                }
                let failed_before = slot.failed_tries.load(Ordering::Relaxed);
                let mut last_failure = slot.fetching.lock().await;
                if let Some(shown) = slot.fresh() {
                    return Ok(shown);
                }
                if slot.failed_tries.load(Ordering::Relaxed) != failed_before
                    && let Some(failure) = &*last_failure
                {
                    return Err(failure.clone());
                }
                let asked = self.fetch(token_url, client_id, client_secret, scopes);
                let fetched = tokio::time::timeout(PATIENCE, asked)
                    .await
                    .unwrap_or_else(|_| Err(refused("who gives its tokens takes too long")));
                match fetched {
                    Ok(token) => {
                        let shown = Shown { name: AUTHORIZATION, value: token.value.clone() };
                        *slot.known.write() = Some(token);
                        Ok(shown)
                    }
                    Err(failure) => {
                        slot.failed_tries.fetch_add(1, Ordering::Relaxed);
                        *last_failure = Some(failure.clone());
                        Err(failure)
                    }
                }
            }
        }
    }

    /// Forgets a token that a server did not take, unless another one is known already. Whether
    /// there may be another one: a header is always the same.
    pub(crate) fn forget(&self, credential: &Credential, shown: &Shown) -> bool {
        if !matches!(credential.secret, Ok(CredentialSecret::ClientCredentials { .. })) {
            return false;
        }
        let slot = self.slot(credential);
        let mut known = slot.known.write();
        if known.as_ref().is_some_and(|token| token.value == shown.value) {
            *known = None;
        }
        true
    }

    fn slot(&self, credential: &Credential) -> Arc<Slot> {
        let mut slots = self.slots.lock();
        if let Some(slot) = slots.get(&credential.server)
            && slot.credential == *credential
        {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST_SERVERS {
            slots.clear();
        }
        let slot = Arc::new(Slot {
            credential: credential.clone(),
            known: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
            failed_tries: AtomicU64::default(),
        });
        slots.insert(credential.server, Arc::clone(&slot));
        slot
    }

    async fn fetch(
        &self,
        token_url: &EndpointUrl,
        client_id: &str,
        client_secret: &Secret,
        scopes: &[String],
    ) -> Result<Token, UpstreamFailure> {
        if !is_token_url(token_url, self.settings.egress) {
            return Err(refused("its token URL is not https"));
        }
        let target = Target::of(token_url, self.settings.egress)
            .map_err(|failure| refused(format!("its token URL: {}", failure.detail)))?;
        let began = Instant::now();
        let request = token_request(&target, client_id, client_secret, scopes);
        let answered = self.pool.request(request).await;
        let response = answered.map_err(|_| refused("who gives its tokens cannot be reached"))?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(refused(format!("no token is given for it ({status})")));
        }
        let unread = || refused("who gives its tokens answers with no token");
        let mut body = response.into_body();
        let mut answer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(part) = frame.map_err(|_| unread())?.into_data() else { continue };
            if answer.len().saturating_add(part.len()) > MOST_BYTES {
                return Err(unread());
            }
            answer.extend_from_slice(&part);
        }
        token_in(&answer, began).ok_or_else(unread)
    }
}

/// RFC 6749 §4.4.2, with the client's name and secret as §2.3.1 wants them.
fn token_request(
    target: &Target,
    client_id: &str,
    client_secret: &Secret,
    scopes: &[String],
) -> Request<Outgoing> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let who = format!("{}:{}", encoded(client_id), encoded(client_secret.expose()));
    let agent = HeaderValue::from_static("mcp-registry-gateway");
    let mut request = Request::new(Outgoing::message(Bytes::from(form.finish())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.uri.clone();
    *request.headers_mut() = head::of_request(target, &agent, None, None);
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(CONTENT_TYPE, form_type);
    if let Some(basic) = sensitive(&format!("Basic {}", BASE64_STANDARD.encode(who))) {
        headers.insert(AUTHORIZATION, basic);
    }
    request
}

/// The token in an answer (RFC 6749 §5.1).
fn token_in(answer: &[u8], began: Instant) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        token_type: String,
        expires_in: Option<u64>,
    }
    let Answer { access_token, token_type, expires_in } = serde_json::from_slice(answer).ok()?;
    let is_bearer = token_type.eq_ignore_ascii_case("bearer");
    let is_token = !access_token.is_empty()
        && access_token.len() <= MOST_TOKEN_BYTES
        && access_token.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_bearer || !is_token {
        return None;
    }
    let holds = expires_in.map_or(UNTOLD, Duration::from_secs).min(LONGEST);
    // Of a short life a part is left for the way to the server.
    let until = began + holds.saturating_sub(MARGIN.min(holds / 5));
    Some(Token { value: sensitive(&format!("Bearer {access_token}"))?, until })
}

/// A value that is printed nowhere.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn refused(detail: impl Into<String>) -> UpstreamFailure {
    crate::fault::failure(FaultClass::CredentialRefused, detail, false)
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_used_until_shortly_before_its_end() {
        let began = Instant::now();
        let until = |expires_in: &str| {
            let answer = format!(r#"{{"access_token":"a","token_type":"bearer"{expires_in}}}"#);
            token_in(answer.as_bytes(), began).map(|token| token.until - began)
        };
        assert_eq!(until(r#","expires_in":3600"#), Some(Duration::from_mins(59)));
        assert_eq!(until(r#","expires_in":10"#), Some(Duration::from_secs(8)));
        assert_eq!(until(r#","expires_in":0"#), Some(Duration::ZERO));
        assert_eq!(until(""), Some(Duration::from_mins(4)));
        assert_eq!(until(r#","expires_in":18446744073709551615"#), LONGEST.checked_sub(MARGIN));
        assert_eq!(until(r#","expires_in":-1"#), None);
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for answer in [
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"mac"}"#,
            r#"{"access_token":"a"}"#,
            "[]",
        ] {
            assert!(token_in(answer.as_bytes(), Instant::now()).is_none(), "{answer}");
        }
    }
}
