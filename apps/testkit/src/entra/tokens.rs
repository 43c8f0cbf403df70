//! Tokens as Entra makes them, v1 and v2.

use serde_json::{Map, Value, json};

use super::keys::{hashed, random};
use super::people::Person;
use super::scopes::Granted;
use super::state::{Code, State, now};
use super::{Answer, CLIENT};

/// So many groups fit in a token (Microsoft's access token claims reference).
const MOST_GROUPS: usize = 200;

/// A code was good for this long.
pub(super) const CODE_LIFETIME: i64 = 600;

impl State {
    /// An access token for the application.
    pub(super) fn access_token(&self, person: &Person, scopes: &[String]) -> String {
        let mut claims = self.common(person);
        claims.insert("scp".to_owned(), scopes.join(" ").into());
        if self.v1 {
            claims.insert("aud".to_owned(), format!("api://{CLIENT}").into());
            claims.insert("appid".to_owned(), CLIENT.into());
        } else {
            claims.insert("azp".to_owned(), CLIENT.into());
        }
        self.signed(claims)
    }

    /// An ID token: always v2 at these endpoints.
    fn id_token(&self, person: &Person, nonce: Option<&str>) -> String {
        let mut claims = self.common(person);
        claims.insert("iss".to_owned(), self.issuer(person, false).into());
        claims.insert("ver".to_owned(), "2.0".into());
        claims.insert("aud".to_owned(), CLIENT.into());
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        self.signed(claims)
    }

    /// An assertion that a client may act for a person, good for five minutes.
    pub(super) fn assertion(&self, person: &Person, changes: &Value) -> String {
        let mut claims = self.common(person);
        claims.insert("iss".to_owned(), self.issuer(person, false).into());
        claims.insert("exp".to_owned(), (now() + 300).into());
        claims.insert("jti".to_owned(), random().into());
        for (name, value) in changes.as_object().into_iter().flatten() {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        self.signing_key().sign_as("oauth-id-jag+jwt", &claims.into())
    }

    fn issuer(&self, person: &Person, v1: bool) -> String {
        if v1 {
            format!("https://sts.windows.net/{}/", person.tenant)
        } else {
            format!("{}/{}/v2.0", self.authority, person.tenant)
        }
    }

    fn common(&self, person: &Person) -> Map<String, Value> {
        let at = now();
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("aud", CLIENT.into());
        set("iss", self.issuer(person, self.v1).into());
        set("iat", at.into());
        set("nbf", at.into());
        set("exp", (at + self.lifetime).into());
        set("oid", person.oid.clone().into());
        // Pairwise: another one for each application.
        set("sub", hashed(&format!("{CLIENT}/{}", person.oid)).into());
        set("tid", person.tenant.clone().into());
        set("uti", random().into());
        set("ver", if self.v1 { "1.0" } else { "2.0" }.into());
        set("name", person.name.clone().into());
        if let Some(email) = &person.email {
            let name = if self.v1 { "upn" } else { "preferred_username" };
            set(name, email.clone().into());
            if self.v1 {
                set("unique_name", email.clone().into());
            }
        }
        if !person.roles.is_empty() {
            set("roles", json!(person.roles));
        }
        if person.groups.len() > MOST_GROUPS {
            let oid = &person.oid;
            let endpoint =
                format!("https://graph.windows.net/{}/users/{oid}/getMemberObjects", person.tenant);
            set("_claim_names", json!({"groups": "src1"}));
            set("_claim_sources", json!({"src1": {"endpoint": endpoint}}));
        } else if !person.groups.is_empty() {
            set("groups", json!(person.groups));
        }
        claims
    }

    fn signed(&self, mut claims: Map<String, Value>) -> String {
        for (name, value) in self.twist.as_object().into_iter().flatten() {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        self.signing_key().sign(&claims.into())
    }

    /// What the token endpoint answers for a person.
    pub(super) fn tokens(&mut self, oid: &str, scopes: &Granted, nonce: Option<&str>) -> Answer {
        let Some(person) = self.person(oid).cloned() else {
            return Answer::json_with(400, &json!({"error": "invalid_grant"}));
        };
        // A token for Graph is nobody else's business: nobody else can verify it.
        let access = if scopes.ours.is_empty() {
            format!("{}x", self.access_token(&person, &[]))
        } else {
            self.access_token(&person, &scopes.ours)
        };
        let mut answer = json!({
            "token_type": "Bearer",
            "scope": scopes.told(),
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": access,
        });
        let mut set = |name: &str, value: String| {
            if let Some(answer) = answer.as_object_mut() {
                answer.insert(name.to_owned(), value.into());
            }
        };
        if scopes.has("openid") {
            set("id_token", self.id_token(&person, nonce));
        }
        if scopes.has("offline_access") {
            let refresh = format!("0.refresh-{}", random());
            let kept = super::state::Refresh { oid: person.oid, scopes: scopes.clone() };
            self.refresh.insert(refresh.clone(), kept);
            set("refresh_token", refresh);
        }
        Answer::json(&answer)
    }

    /// Gives out a code.
    pub(super) fn new_code(&mut self, code: Code) -> String {
        let name = format!("0.code-{}", random());
        self.codes.insert(name.clone(), code);
        name
    }
}
