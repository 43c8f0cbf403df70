//! What the stand-in knows at a time.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::keys::Key;
use super::people::Person;
use super::scopes::Granted;
use super::{CLIENT, TENANT};
use crate::upstreams::ScriptedRequest;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Up,
    Down,
}

/// A code that was given out.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) oid: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) scopes: Granted,
    pub(super) ends_at: i64,
    pub(super) used: bool,
}

/// A refresh token that was given out, and is good once.
#[derive(Clone)]
pub(super) struct Refresh {
    pub(super) oid: String,
    pub(super) scopes: Granted,
}

pub(super) struct State {
    pub(super) authority: String,
    pub(super) people: Vec<Person>,
    pub(super) present: String,
    pub(super) declines: bool,
    pub(super) redirects: Vec<String>,
    pub(super) keys: Vec<Key>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    /// Tokens for Graph that the application got for itself.
    pub(super) graph_tokens: Vec<String>,
    pub(super) graph_is_down: bool,
    pub(super) lifetime: i64,
    pub(super) v1: bool,
    pub(super) twist: Value,
    pub(super) mood: Mood,
    pub(super) requests: Vec<ScriptedRequest>,
    pub(super) granted: Vec<String>,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            authority: String::new(),
            people: vec![Person::ada(), Person::grace()],
            present: Person::ada().oid,
            declines: false,
            redirects: Vec::new(),
            keys: vec![Key::new()],
            codes: HashMap::new(),
            refresh: HashMap::new(),
            graph_tokens: Vec::new(),
            graph_is_down: false,
            lifetime: 3600,
            v1: false,
            twist: Value::Null,
            mood: Mood::Up,
            requests: Vec::new(),
            granted: Vec::new(),
        }
    }

    pub(super) fn person(&self, who: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.is(who))
    }

    pub(super) fn signing_key(&self) -> &Key {
        self.keys.first().expect("there is always a key")
    }

    /// The discovery document. As Entra's own, it does not say which challenges of PKCE it takes,
    /// and names no one's issuer where no tenant was named.
    pub(super) fn discovery(&self, tenant: &str, v2: bool) -> Value {
        let at = format!("{}/{tenant}", self.authority);
        let named = matches!(tenant, "common" | "organizations" | "consumers");
        let tid = if named { "{tenantid}" } else { tenant };
        let issuer = if v2 {
            format!("{}/{tid}/v2.0", self.authority)
        } else {
            format!("https://sts.windows.net/{tid}/")
        };
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{at}/oauth2/v2.0/token"),
            "end_session_endpoint": format!("{at}/oauth2/v2.0/logout"),
            "jwks_uri": format!("{at}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "request_uri_parameter_supported": false,
        })
    }

    /// Whether a tenant in an address has people here.
    pub(super) fn has_tenant(&self, tenant: &str) -> bool {
        matches!(tenant, "common" | "organizations" | TENANT)
            || self.people.iter().any(|person| person.tenant == tenant)
    }

    /// Whether an application is known.
    pub(super) fn has_client(client: Option<&String>) -> bool {
        client.is_some_and(|client| client == CLIENT)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stand-in is another machine: it has a clock of its own"
)]
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("seconds fit")
}
