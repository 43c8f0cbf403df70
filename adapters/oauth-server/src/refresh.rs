//! `POST /token` with a refresh token: the identity provider is asked first whether the person still
//! may, then the next token takes the shown one's place. One that was replaced before is a copy, in
//! somebody's hands: all that came of it ends.

use std::time::Duration;

use registry_domain::oauth::{Grant, GrantRotation, Rotated};
use registry_domain::ports::{LeaseHolder, Purpose, Secret, SignIn, SignInFailure};
use serde_json::Value;
use uuid::Uuid;

use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::jwt::{Minted, PersonClaims};
use crate::secrets::open;
use crate::server::OAuthServer;

/// How long one replica may take to ask the provider.
const ALONE_FOR: Duration = Duration::from_secs(30);

fn refused() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is not good: used, ended, revoked, or another's")
}

impl OAuthServer {
    pub(crate) async fn refresh(&self, form: &Form, client: &str) -> Result<Value, OAuthError> {
        let shown = self.open_refresh_token(form.required("refresh_token")?).ok_or_else(refused)?;
        let holder = LeaseHolder(self.ports.ids.next());
        let lease = format!("oauth-refresh:{}", shown.grant);
        if !self.ports.leases.try_acquire(&lease, holder, ALONE_FOR).await? {
            let said = "this refresh token is being used right now; try again later";
            return Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, said));
        }
        let refreshed = self.refresh_alone(form, client, shown.grant, shown.serial).await;
        if let Err(error) = self.ports.leases.release(&lease, holder).await {
            tracing::debug!(%error, "a lease was not given back; it ends by itself");
        }
        refreshed
    }

    async fn refresh_alone(
        &self,
        form: &Form,
        client: &str,
        id: Uuid,
        serial: i64,
    ) -> Result<Value, OAuthError> {
        let grant = self.ports.store.find_grant(id).await?.ok_or_else(refused)?;
        if grant.client != client {
            return Err(refused());
        }
        if grant.serial != serial {
            return Err(self.reused(&grant).await?);
        }
        self.check_resource(form, &grant.resource)?;
        let scopes = self.narrowed(form, &grant)?;
        let sign_in = self.ask_provider(&grant).await?;
        let next = self.rotate(&grant, &sign_in).await?;
        self.keep_assertion(&sign_in).await;
        let access = self.mint(&Minted {
            grant: grant.id,
            client,
            resource: &grant.resource,
            scopes: &scopes,
            person: &PersonClaims::of(&sign_in.person),
        })?;
        Ok(self.answer(&access, Some(&self.refresh_token(grant.id, next)?), &scopes))
    }

    /// Scopes may be asked for anew, but no more than were granted (RFC 6749 §6).
    fn narrowed(&self, form: &Form, grant: &Grant) -> Result<Vec<String>, OAuthError> {
        let Some(asked) = form.find("scope") else { return Ok(grant.scopes.clone()) };
        let more = || OAuthError::new(ErrorCode::InvalidScope, "scope is more than was granted");
        let scopes = self.settings.scopes(Some(asked)).map_err(|_| more())?;
        if scopes.iter().all(|scope| grant.scopes.contains(scope)) {
            Ok(scopes)
        } else {
            Err(more())
        }
    }

    /// Whether the person still may, by the provider's word.
    async fn ask_provider(&self, grant: &Grant) -> Result<SignIn, OAuthError> {
        let context = format!("oauth-grant:{}", grant.id);
        let sealer = self.ports.sealer.as_ref();
        let token: String =
            open(sealer, Purpose::Vault, &context, &grant.sealed).ok_or_else(refused)?;
        match self.ports.provider.refresh(&Secret::new(token)).await {
            Ok(sign_in) => {
                let identity = &sign_in.person.identity;
                if identity.subject == grant.subject && identity.tenant == grant.tenant {
                    return Ok(sign_in);
                }
                tracing::error!(grant = %grant.id, "the identity provider answers for somebody else");
                self.end(grant.id).await?;
                Err(refused())
            }
            Err(SignInFailure::Refused { code }) => {
                tracing::info!(grant = %grant.id, code, "the identity provider ended a grant");
                self.end(grant.id).await?;
                Err(refused())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn rotate(&self, grant: &Grant, sign_in: &SignIn) -> Result<i64, OAuthError> {
        let sealed = match &sign_in.refresh_token {
            Some(next) => self.seal_provider_refresh(grant.id, next.expose())?,
            None => grant.sealed.clone(),
        };
        let rotation = GrantRotation {
            grant: grant.id,
            expected: grant.serial,
            sealed,
            ends_at: self.grant_end(self.ports.clock.now()),
        };
        match self.ports.store.rotate_grant(&rotation).await? {
            Rotated::To(next) => Ok(next),
            Rotated::Reused => Err(self.reused(grant).await?),
            Rotated::Gone => Err(refused()),
        }
    }

    async fn reused(&self, grant: &Grant) -> Result<OAuthError, OAuthError> {
        tracing::warn!(
            client = grant.client, grant = %grant.id,
            "a refresh token was shown that was used before: its grant is ended"
        );
        self.end(grant.id).await?;
        Ok(refused())
    }
}
