//! `GET /auth/callback`: a person comes back from the identity provider.

use registry_domain::oauth::Consent;
use registry_domain::ports::{CodeRedemption, Secret, SignIn, end_after};
use registry_domain::use_cases::keep_assertion;

use crate::authorize::Step;
use crate::browser::{Browser, Person};
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::jwt::PersonClaims;
use crate::secrets::unguessable;
use crate::server::{OAuthPorts, OAuthServer};
use crate::settings::OAuthSettings;
use crate::transaction::{CodeRecord, Leg, Transaction};

impl OAuthServer {
    /// Redeems the provider's code, and sends the person back to the client with one of ours.
    ///
    /// # Errors
    /// What the person is shown: `invalid_request` for a state that is none (any more),
    /// `access_denied` in another browser. All else is told to the client by a redirect.
    pub async fn callback(&self, query: &str, cookies: Option<&str>) -> Result<Step, OAuthError> {
        let form = Form::read(query.as_bytes())?;
        let state = form.required("state")?;
        let unknown =
            || OAuthError::invalid_request("this sign-in has ended, or was finished already");
        // Looked at before it is taken: another browser cannot even end it.
        let leg = self.find_leg(state).await?.ok_or_else(unknown)?;
        self.check_browser(&leg.transaction, cookies)?;
        let leg = self.take_leg(state).await?.ok_or_else(unknown)?;
        match self.signed_in(&form, &leg).await {
            Ok(sign_in) => self.welcome(leg, &sign_in).await,
            Err(error) => {
                tracing::warn!(%error, cause = error.cause(), "a sign-in failed");
                let to = leg.transaction.refusal(&self.settings.base, &error);
                Ok(Step { to, cookie: None })
            }
        }
    }

    async fn signed_in(&self, form: &Form, leg: &Leg) -> Result<SignIn, OAuthError> {
        if form.find("error").is_some() {
            let said = "the identity provider refused the sign-in";
            return Err(OAuthError::new(ErrorCode::AccessDenied, said));
        }
        let redemption = CodeRedemption {
            code: Secret::new(form.required("code")?.to_owned()),
            code_verifier: Secret::new(leg.code_verifier.clone()),
            nonce: leg.nonce.clone(),
            redirect_uri: self.callback_address(),
        };
        Ok(self.ports.provider.redeem(&redemption).await?)
    }

    async fn welcome(&self, leg: Leg, sign_in: &SignIn) -> Result<Step, OAuthError> {
        self.keep_assertion(sign_in).await;
        let Leg { mut transaction, consented, .. } = leg;
        let person = Person::of(&sign_in.person);
        let browser = Browser { id: transaction.browser.clone(), person: Some(person.clone()) };
        let cookie = Some(self.cookie(&browser)?);
        let key = transaction.consent_key(&person.subject, person.tenant.as_deref());
        if consented {
            if transaction.is_remembered() {
                self.remember(&transaction, &person, key).await?;
            }
        } else if !self.ports.store.has_consent(&key).await? {
            // Somebody else signed in than the one who consented before: they are asked now.
            transaction.ends_at = self.transaction_end();
            let sealed = self.seal_transaction(&transaction)?;
            let to = self.settings.address(&format!("/consent?transaction={sealed}"));
            return Ok(Step { to, cookie });
        }
        let code = unguessable()?;
        let record = CodeRecord {
            grant: self.ports.ids.next(),
            client: transaction.client.clone(),
            redirect_uri: transaction.redirect_uri.clone(),
            challenge: transaction.challenge.clone(),
            scopes: transaction.scopes.clone(),
            resource: transaction.resource.clone(),
            person: PersonClaims::of(&sign_in.person),
            provider_refresh: sign_in.refresh_token.as_ref().map(|token| token.expose().to_owned()),
        };
        self.keep_code(&code, &record).await?;
        Ok(Step { to: transaction.answer(&self.settings.base, &[("code", &code)]), cookie })
    }

    /// Keeps what servers can be opened with in the person's name. Whoever signs in gets their tokens
    /// also where that fails: few servers ask for it.
    pub(crate) async fn keep_assertion(&self, sign_in: &SignIn) {
        let OAuthPorts { sessions, sealer, clock, .. } = &self.ports;
        let kept = keep_assertion(sessions.as_ref(), sealer.as_ref(), clock.as_ref(), sign_in);
        if let Err(error) = kept.await {
            tracing::warn!(%error, "servers cannot be opened in somebody's name: what they signed in with is not kept");
        }
    }

    async fn remember(
        &self,
        transaction: &Transaction,
        person: &Person,
        key: String,
    ) -> Result<(), OAuthError> {
        let now = self.ports.clock.now();
        let consent = Consent {
            key,
            client: transaction.client.clone(),
            subject: person.subject.clone(),
            tenant: person.tenant(),
            created_at: now,
            ends_at: end_after(now, OAuthSettings::CONSENT_TTL),
        };
        Ok(self.ports.store.remember_consent(&consent).await?)
    }
}
