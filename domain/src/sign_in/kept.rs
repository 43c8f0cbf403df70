//! What is kept between requests, and how it is sealed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::SignInPorts;
use crate::caller::{Groups, Role};
use crate::id::TenantId;
use crate::ports::{Outcome, PortError, Purpose, Secret, SignIn, VerifiedToken};
use crate::user::Identity;

/// The longest id of a session that is looked for.
const MAX_ID_BYTES: usize = 128;

/// A sign-in that was begun.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) verifier: String,
    pub(crate) nonce: String,
    /// Where the browser goes afterwards, and what proves that it is the same browser; neither for
    /// a tool that wants the session itself.
    pub(crate) browser: Option<BegunBrowser>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct BegunBrowser {
    pub(crate) return_to: String,
    pub(crate) proof: String,
}

/// Whose session it is.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptSession {
    pub(crate) subject: String,
    pub(crate) tenant: Option<String>,
    pub(crate) ends_at: Timestamp,
}

/// Who somebody is, and the provider's tokens for them.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptTokens {
    subject: String,
    tenant: Option<String>,
    email: Option<String>,
    display_name: Option<String>,
    in_admin_group: Option<bool>,
    roles: Vec<String>,
    groups: Groups,
    access_token: String,
    refresh_token: Option<String>,
    pub(crate) expiry: Timestamp,
}

impl Begun {
    pub(crate) fn key(state: &str) -> String {
        format!("sign-in:{state}")
    }
}

impl KeptTokens {
    /// The key of somebody's tokens.
    pub(crate) fn key(subject: &str) -> String {
        format!("token:{subject}")
    }

    /// What is kept of a sign-in. A provider that gave no new refresh token lets the old one live.
    pub(crate) fn of(sign_in: &SignIn, earlier: Option<&Self>) -> Self {
        let VerifiedToken { identity, roles, groups, .. } = sign_in.person.as_ref();
        let refresh_token = sign_in.refresh_token.as_ref().map(|token| token.expose().to_owned());
        Self {
            subject: identity.subject.clone(),
            tenant: identity.tenant.as_ref().map(ToString::to_string),
            email: identity.email.clone(),
            display_name: identity.display_name.clone(),
            in_admin_group: identity.in_admin_group,
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            groups: groups.clone(),
            access_token: sign_in.access_token.expose().to_owned(),
            refresh_token: refresh_token
                .or_else(|| earlier.and_then(|earlier| earlier.refresh_token.clone())),
            expiry: sign_in.access_expires_at,
        }
    }

    pub(crate) fn refresh_token(&self) -> Option<Secret> {
        self.refresh_token.clone().map(Secret::new)
    }

    /// Whether these are the tokens of a session's person: `subject` alone is the key.
    pub(crate) fn are_of(&self, session: &KeptSession) -> bool {
        self.subject == session.subject && self.tenant == session.tenant
    }

    /// The person, as a token would say.
    pub(crate) fn person(&self) -> Arc<VerifiedToken> {
        Arc::new(VerifiedToken {
            identity: Identity {
                subject: self.subject.clone(),
                tenant: self.tenant.as_deref().and_then(|tenant| TenantId::parse(tenant).ok()),
                email: self.email.clone(),
                display_name: self.display_name.clone(),
                in_admin_group: self.in_admin_group,
            },
            roles: self.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            groups: self.groups.clone(),
            expires_at: self.expiry,
            bounds: None,
            assertion: Some(Arc::new(Secret::new(self.access_token.clone()))),
        })
    }
}

impl SignInPorts {
    /// Keeps a value sealed under a key.
    pub(crate) async fn keep(
        &self,
        key: &str,
        purpose: Purpose,
        value: &impl Serialize,
        ttl: Duration,
    ) -> Result<(), PortError> {
        let plain = serde_json::to_vec(value).map_err(unwritable)?;
        let sealed = self.sealer.seal(purpose, key.as_bytes(), &plain)?;
        self.sessions.put(key, Bytes::from(sealed), ttl).await
    }

    /// A value that was kept; none where its key is not ours any more.
    pub(crate) async fn find_kept<T: DeserializeOwned>(
        &self,
        key: &str,
        purpose: Purpose,
    ) -> Result<Option<T>, PortError> {
        let sealed = self.sessions.find(key).await?;
        Ok(sealed.and_then(|sealed| self.opened(key, purpose, &sealed)))
    }

    /// A session that has not ended.
    pub(crate) async fn find_session(&self, id: &Secret) -> Result<Option<KeptSession>, PortError> {
        // An id is a secret of ours: what looks otherwise names something else in the store.
        let is_id = (1..=MAX_ID_BYTES).contains(&id.expose().len())
            && id.expose().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !is_id {
            return Ok(None);
        }
        let kept: Option<KeptSession> = self.find_kept(id.expose(), Purpose::Session).await?;
        Ok(kept.filter(|session| self.clock.now() < session.ends_at))
    }

    /// A value that was kept, and it is gone.
    pub(crate) async fn take_kept<T: DeserializeOwned>(
        &self,
        key: &str,
        purpose: Purpose,
    ) -> Result<Option<T>, PortError> {
        let sealed = self.sessions.take(key).await?;
        Ok(sealed.and_then(|sealed| self.opened(key, purpose, &sealed)))
    }

    fn opened<T: DeserializeOwned>(&self, key: &str, purpose: Purpose, sealed: &[u8]) -> Option<T> {
        let plain = self.sealer.open(purpose, key.as_bytes(), sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

fn unwritable(error: serde_json::Error) -> PortError {
    PortError::Unavailable {
        retry_after: Duration::from_secs(1),
        outcome: Outcome::NotApplied,
        source: error.into(),
    }
}
