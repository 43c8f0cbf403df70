//! `POST /token`: a code, a refresh token or (where that is on) an assertion for tokens (RFC 6749
//! §4.1.3 and §6).

use jiff::Timestamp;
use registry_domain::oauth::Grant;
use registry_domain::ports::{Purpose, end_after};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::assertion;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::jwt::Minted;
use crate::secrets::{open_text, same, seal, seal_text, sha256_text};
use crate::server::OAuthServer;
use crate::settings::OAuthSettings;
use crate::transaction::CodeRecord;

const CONTEXT: &str = "oauth-refresh-token";

/// A refresh token's content: nobody makes one but we, so it needs no row of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) grant: Uuid,
    pub(crate) serial: i64,
}

impl OAuthServer {
    /// Answers a token request: `body` is the form, `authorization` the header of that name.
    ///
    /// # Errors
    /// Those of RFC 6749 §5.2, `invalid_target` of RFC 8707, and `temporarily_unavailable`.
    pub async fn token(
        &self,
        body: &[u8],
        authorization: Option<&str>,
    ) -> Result<Value, OAuthError> {
        let form = Form::read(body)?;
        let grant_type = form.required("grant_type")?;
        let asking = self.asking_client(&form, authorization).await?;
        match grant_type {
            "authorization_code" => self.redeem(&form, &asking.id).await,
            "refresh_token" => self.refresh(&form, &asking.id).await,
            assertion::GRANT if self.ports.assertions.is_some() => {
                self.assert(&form, &asking).await
            }
            _ => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type must be authorization_code or refresh_token",
            )),
        }
    }

    /// Redeems a code. Whoever comes second with one holds a copy: then nobody keeps what the first
    /// one got (RFC 6749 §4.1.2).
    async fn redeem(&self, form: &Form, client: &str) -> Result<Value, OAuthError> {
        let code = form.required("code")?;
        let verifier = form.required("code_verifier")?;
        let refused =
            || OAuthError::invalid_grant("the code is not good: used, ended, or another's");
        let Some(record) = self.take_code(code).await? else {
            if let Some(grant) = self.redeemed(code).await? {
                tracing::warn!(client, %grant, "a code was shown twice: its grant is ended");
                self.end(grant).await?;
            }
            return Err(refused());
        };
        if record.client != client {
            return Err(refused());
        }
        if form.find("redirect_uri").is_some_and(|address| address != record.redirect_uri) {
            let said = "redirect_uri is not the one that the code was sent to";
            return Err(OAuthError::invalid_grant(said));
        }
        if !is_verifier(verifier)
            || !same(sha256_text(verifier).as_bytes(), record.challenge.as_bytes())
        {
            return Err(OAuthError::invalid_grant("code_verifier does not match code_challenge"));
        }
        self.check_resource(form, &record.resource)?;
        self.note_redeemed(code, record.grant).await?;
        self.first_tokens(client, &record).await
    }

    async fn first_tokens(&self, client: &str, record: &CodeRecord) -> Result<Value, OAuthError> {
        let access = self.mint(&Minted {
            grant: record.grant,
            client,
            resource: &record.resource,
            scopes: &record.scopes,
            person: &record.person,
        })?;
        // Without the provider's refresh token nobody could say later whether the person still may.
        let refresh = match &record.provider_refresh {
            None => None,
            Some(provider_refresh) => {
                let grant = self.grant(client, record, provider_refresh)?;
                self.ports.store.insert_grant(&grant, OAuthSettings::MAX_GRANTS).await?;
                Some(self.refresh_token(grant.id, grant.serial)?)
            }
        };
        Ok(self.answer(&access, refresh.as_deref(), &record.scopes))
    }

    fn grant(
        &self,
        client: &str,
        record: &CodeRecord,
        provider_refresh: &str,
    ) -> Result<Grant, OAuthError> {
        let now = self.ports.clock.now();
        let tenant = record.person.tid.as_deref();
        Ok(Grant {
            id: record.grant,
            client: client.to_owned(),
            subject: record.person.oid.clone(),
            tenant: tenant.and_then(|tenant| registry_domain::id::TenantId::parse(tenant).ok()),
            resource: record.resource.clone(),
            scopes: record.scopes.clone(),
            serial: 1,
            sealed: self.seal_provider_refresh(record.grant, provider_refresh)?,
            created_at: now,
            ends_at: self.grant_end(now),
        })
    }

    pub(crate) fn grant_end(&self, now: Timestamp) -> Timestamp {
        end_after(now, self.settings.refresh_ttl)
    }

    pub(crate) fn seal_provider_refresh(
        &self,
        grant: Uuid,
        token: &str,
    ) -> Result<Vec<u8>, OAuthError> {
        let context = format!("oauth-grant:{grant}");
        seal(self.ports.sealer.as_ref(), Purpose::Vault, &context, &token)
    }

    pub(crate) fn refresh_token(&self, grant: Uuid, serial: i64) -> Result<String, OAuthError> {
        let token = RefreshToken { grant, serial };
        seal_text(self.ports.sealer.as_ref(), Purpose::State, CONTEXT, &token)
    }

    /// Opens a refresh token of ours. `None`: it is none.
    pub(crate) fn open_refresh_token(&self, text: &str) -> Option<RefreshToken> {
        open_text(self.ports.sealer.as_ref(), Purpose::State, CONTEXT, text)
    }

    /// A resource that is named again must be the one that was granted.
    pub(crate) fn check_resource(&self, form: &Form, granted: &str) -> Result<(), OAuthError> {
        match form.find("resource") {
            Some(asked) if self.settings.resource_path(asked).as_deref() != Some(granted) => {
                let said = "resource is not the one that was granted";
                Err(OAuthError::new(ErrorCode::InvalidTarget, said))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn answer(&self, access: &str, refresh: Option<&str>, scopes: &[String]) -> Value {
        let mut answer = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": self.settings.access_ttl.as_secs(),
            "scope": scopes.join(" "),
        });
        if let (Some(refresh), Some(members)) = (refresh, answer.as_object_mut()) {
            members.insert("refresh_token".to_owned(), json!(refresh));
        }
        answer
    }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}
