//! The groups of people who are in more of them than fit in a token (group overage): asked of
//! Microsoft Graph, kept for a while, and never guessed.
//!
//! Entra leaves the claim out over 200 groups and says `_claim_names` instead. The application asks
//! for itself (client credentials; it needs the permission `GroupMember.Read.All`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use moka::future::Cache;
use parking_lot::Mutex;
use registry_domain::ports::{Clock, Secret, end_after};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::client::{FetchError, JsonClient, chain};

/// So many groups of one person are looked at.
const MOST_GROUPS: usize = 20_000;
/// So many people's groups are kept.
const MOST_PEOPLE: u64 = 10_000;

/// How groups are asked for.
#[derive(Debug, Clone)]
pub struct GroupSettings {
    /// `https://login.microsoftonline.com` outside of tests and national clouds.
    pub authority: String,
    /// `https://graph.microsoft.com` there.
    pub graph: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// For how long an answer is believed.
    pub max_age: Duration,
    /// For how long Graph is left alone about a person after it failed.
    pub pause: Duration,
    /// How long the exchanges for one person may take.
    pub timeout: Duration,
}

/// Asks Graph about groups.
pub struct GraphGroups {
    settings: GroupSettings,
    client: JsonClient,
    clock: Arc<dyn Clock>,
    known: Cache<String, Arc<Known>>,
    /// The application's tokens for Graph, by tenant: as many as tenants are accepted.
    tokens: Mutex<HashMap<String, (HeaderValue, Timestamp)>>,
}

/// What was found out about a person; `None`: Graph failed.
struct Known {
    groups: Option<Arc<[String]>>,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Members {
    value: Vec<String>,
}

impl GraphGroups {
    /// Nobody is asked before the first token with too many groups comes.
    ///
    /// # Errors
    /// [`FetchError`] when TLS cannot be set up.
    pub fn new(settings: GroupSettings, clock: Arc<dyn Clock>) -> Result<Self, FetchError> {
        let client = JsonClient::new()?;
        let longest = settings.max_age.max(settings.pause);
        let known = Cache::builder().max_capacity(MOST_PEOPLE).time_to_live(longest).build();
        Ok(Self { settings, client, clock, known, tokens: Mutex::default() })
    }

    /// The person's groups, or `None` where they cannot be had now. Many who ask at once about one
    /// person make one question.
    pub(crate) async fn of(&self, tenant: &str, oid: &str) -> Option<Arc<[String]>> {
        let (key, now) = (format!("{tenant}/{oid}"), self.clock.now());
        if let Some(known) = self.known.get(&key).await
            && known.until <= now
        {
            self.known.invalidate(&key).await;
        }
        let known = self.known.get_with(key, self.look_up(tenant, oid)).await;
        known.groups.clone()
    }

    async fn look_up(&self, tenant: &str, oid: &str) -> Arc<Known> {
        let asked = tokio::time::timeout(self.settings.timeout, self.ask(tenant, oid)).await;
        let groups = match asked.unwrap_or(Err(FetchError::TimedOut)) {
            Ok(groups) => Some(groups),
            Err(error) => {
                tracing::warn!(error = chain(&error), "Graph does not tell somebody's groups");
                None
            }
        };
        let age = if groups.is_some() { self.settings.max_age } else { self.settings.pause };
        Arc::new(Known { groups, until: end_after(self.clock.now(), age) })
    }

    async fn ask(&self, tenant: &str, oid: &str) -> Result<Arc<[String]>, FetchError> {
        let mut url = parsed(&self.settings.graph)?;
        // A subject may be any text: pushed as one segment, it stays one.
        url.path_segments_mut()
            .map_err(|()| FetchError::Request("Graph's address has no path".into()))?
            .pop_if_empty()
            .extend(["v1.0", "users", oid, "getMemberObjects"]);
        let bearer = self.token(tenant).await?;
        let body = r#"{"securityEnabledOnly":false}"#.to_owned();
        let answer = self.client.post(&url, "application/json", Some(bearer), body).await?;
        if answer.status != StatusCode::OK {
            // A token that is not accepted is not tried twice.
            self.tokens.lock().remove(tenant);
            return Err(FetchError::Status(answer.status));
        }
        let Members { value } = answer.json()?;
        if value.len() > MOST_GROUPS {
            let said = format!("somebody is in more than {MOST_GROUPS} groups");
            return Err(FetchError::Request(said.into()));
        }
        Ok(value.into())
    }

    /// The application's own token for Graph.
    async fn token(&self, tenant: &str) -> Result<HeaderValue, FetchError> {
        let now = self.clock.now();
        if let Some((token, until)) = self.tokens.lock().get(tenant)
            && now < *until
        {
            return Ok(token.clone());
        }
        let GroupSettings { authority, graph, .. } = &self.settings;
        let url =
            parsed(&format!("{}/{tenant}/oauth2/v2.0/token", authority.trim_end_matches('/')))?;
        // Graph's own name, also where a test has it on this machine.
        let resource =
            if graph.starts_with("http:") { "https://graph.microsoft.com" } else { graph };
        let body = Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("client_secret", self.settings.client_secret.expose())
            .append_pair("scope", &format!("{}/.default", resource.trim_end_matches('/')))
            .finish();
        let answer =
            self.client.post(&url, "application/x-www-form-urlencoded", None, body).await?;
        if answer.status != StatusCode::OK {
            return Err(FetchError::Status(answer.status));
        }
        let Token { access_token, expires_in } = answer.json()?;
        let mut token = HeaderValue::try_from(format!("Bearer {access_token}"))
            .map_err(|error| FetchError::Request(error.into()))?;
        token.set_sensitive(true);
        // Half of its life: a token that ends on its way is no use.
        let until = end_after(now, Duration::from_secs(expires_in / 2));
        self.tokens.lock().insert(tenant.to_owned(), (token.clone(), until));
        Ok(token)
    }
}

fn parsed(address: &str) -> Result<Url, FetchError> {
    Url::parse(address).map_err(|error| FetchError::Request(error.into()))
}
