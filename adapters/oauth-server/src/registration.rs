//! `POST /register`: clients that register themselves (RFC 7591).
//!
//! Whoever reaches us may register, so a registration gives nothing away: no secret of ours, and no
//! right that a person would not have to consent to. Clients that nobody uses are forgotten.

use registry_domain::oauth::OAuthClient;
use registry_domain::ports::{Kept, end_after};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clients::name;
use crate::error::{ErrorCode, OAuthError};
use crate::redirect::{self, ApplicationType, Kind};
use crate::secrets::{sha256, unguessable};
use crate::server::OAuthServer;
use crate::settings::OAuthSettings;

/// A client's metadata; members that we do not know are passed over, as RFC 7591 §2 asks.
#[derive(Deserialize)]
struct Metadata {
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    scope: Option<String>,
}

fn wrong(rule: impl Into<String>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, rule.into())
}

impl OAuthServer {
    /// Registers a client; the answer is what it has to remember.
    ///
    /// # Errors
    /// `invalid_client_metadata`, `invalid_redirect_uri`, and `temporarily_unavailable` where there
    /// is no room for another.
    pub async fn register(&self, body: &[u8]) -> Result<Value, OAuthError> {
        if !self.settings.registration {
            return Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                "clients do not register themselves here: ask the operator for a client_id",
            ));
        }
        let metadata: Metadata = serde_json::from_slice(body)
            .map_err(|error| wrong(format!("the metadata does not read: {error}")))?;
        let method = method(metadata.token_endpoint_auth_method.as_deref())?;
        check_flow(&metadata)?;
        let scope = self
            .settings
            .scopes(metadata.scope.as_deref())
            .map_err(|name| wrong(format!("scope: {name} is none of ours")))?;
        let application = application(metadata.application_type.as_deref())?;
        let kind = Kind { application, is_public: method == "none" };
        let redirect_uris = redirect::all(&metadata.redirect_uris, kind)
            .map_err(|rule| OAuthError::new(ErrorCode::InvalidRedirectUri, rule))?;
        let secret = if method == "none" { None } else { Some(unguessable()?) };
        let now = self.ports.clock.now();
        let client = OAuthClient {
            id: self.ports.ids.next().to_string(),
            name: name(metadata.client_name.as_deref()).map_err(wrong)?,
            redirect_uris,
            secret_hash: secret.as_deref().map(sha256),
            created_at: now,
            ends_at: end_after(now, OAuthSettings::UNUSED_CLIENT_TTL),
        };
        match self.ports.store.insert_client(&client, self.settings.max_clients).await? {
            Kept::Kept => Ok(answer(&client, secret.as_deref(), method, &scope)),
            Kept::Full => Err(OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                "as many clients are registered as may be; try again later",
            )),
        }
    }
}

/// How the client proves itself; by default with a secret (RFC 7591 §2).
fn method(asked: Option<&str>) -> Result<&'static str, OAuthError> {
    match asked {
        Some("none") => Ok("none"),
        None | Some("client_secret_basic") => Ok("client_secret_basic"),
        Some("client_secret_post") => Ok("client_secret_post"),
        Some(_) => Err(wrong(
            "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post",
        )),
    }
}

fn check_flow(metadata: &Metadata) -> Result<(), OAuthError> {
    let asks = |list: &Option<Vec<String>>, wanted: &str| {
        list.as_ref().is_none_or(|list| list.iter().any(|name| name == wanted))
    };
    if !asks(&metadata.grant_types, "authorization_code") {
        return Err(wrong("grant_types must have authorization_code"));
    }
    if !asks(&metadata.response_types, "code") {
        return Err(wrong("response_types must have code"));
    }
    Ok(())
}

fn application(asked: Option<&str>) -> Result<ApplicationType, OAuthError> {
    match asked {
        None => Ok(ApplicationType::Unsaid),
        Some("web") => Ok(ApplicationType::Web),
        Some("native") => Ok(ApplicationType::Native),
        Some(_) => Err(wrong("application_type must be web or native")),
    }
}

fn answer(client: &OAuthClient, secret: Option<&str>, method: &str, scope: &[String]) -> Value {
    let mut answer = json!({
        "client_id": client.id,
        "client_id_issued_at": client.created_at.as_second(),
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": method,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": scope.join(" "),
    });
    if let Some(members) = answer.as_object_mut() {
        if let Some(name) = &client.name {
            members.insert("client_name".to_owned(), json!(name));
        }
        if let Some(secret) = secret {
            members.insert("client_secret".to_owned(), json!(secret));
            members.insert("client_secret_expires_at".to_owned(), json!(0));
        }
    }
    answer
}
