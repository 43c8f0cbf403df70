//! `/token` with an assertion of the identity provider instead of a code: the organisation decided
//! which client may act for its people, and nobody is asked (mcp.md §5.4,
//! draft-ietf-oauth-identity-assertion-authz-grant).

use std::time::Duration;

use jiff::SignedDuration;
use registry_domain::ports::{Asserted, IdentityAssertion, LeaseHolder};
use serde_json::Value;

use crate::client_auth::Asking;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::jwt::{Minted, PersonClaims};
use crate::secrets::sha256_text;
use crate::server::OAuthServer;

/// The kind of grant (RFC 7523 §2.1).
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The profile of it, as metadata name it.
pub(crate) const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// For how long at most an assertion may be good.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);
/// An assertion's id is remembered until the assertion has ended by any clock: issuers' and replicas'
/// may differ by a minute each.
const REMEMBERED: Duration = Duration::from_mins(18);

impl OAuthServer {
    /// Takes an assertion for an access token, once. There is no refresh token: the provider is asked
    /// for another assertion, and so decides anew.
    pub(crate) async fn assert(&self, form: &Form, asking: &Asking) -> Result<Value, OAuthError> {
        let assertion = form.required("assertion")?;
        // Anybody can say a public client's name.
        if !asking.is_confidential {
            let said = "an assertion is taken from clients with a secret";
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, said));
        }
        let assertion = self.read_assertion(assertion, &asking.id).await?;
        let resource = self.asserted_resource(form, &assertion)?;
        let scopes = self.asserted_scopes(form, &assertion)?;
        let person = PersonClaims::of(&assertion.person);
        self.use_up(&assertion.id).await?;
        let access = self.mint(&Minted {
            grant: self.ports.ids.next(),
            client: &asking.id,
            resource: &resource,
            scopes: &scopes,
            person: &person,
        })?;
        Ok(self.answer(&access, None, &scopes))
    }

    async fn read_assertion(
        &self,
        text: &str,
        client: &str,
    ) -> Result<IdentityAssertion, OAuthError> {
        let refused = || OAuthError::invalid_grant("the assertion is not good");
        let Some(reader) = &self.ports.assertions else { return Err(refused()) };
        let assertion = match reader.read(text).await {
            Asserted::Read(assertion) => *assertion,
            Asserted::Refused(class) => {
                tracing::warn!(client, class = class.as_str(), "an assertion is refused");
                return Err(refused());
            }
            Asserted::KeysUnavailable => {
                let said = "assertions cannot be checked right now; try again later";
                return Err(OAuthError::new(ErrorCode::TemporarilyUnavailable, said));
            }
        };
        // One that is meant for several servers could be shown here by any of the others.
        if assertion.audiences != [self.settings.base.as_str()] {
            return Err(OAuthError::invalid_grant("the assertion is not meant for this server"));
        }
        if assertion.client != client {
            return Err(OAuthError::invalid_grant("the assertion is another client's"));
        }
        let ends = assertion.person.expires_at;
        if ends.duration_since(assertion.issued_at.min(self.ports.clock.now())) > LONGEST {
            return Err(OAuthError::invalid_grant("the assertion is good for over 15 minutes"));
        }
        if assertion.id.is_empty() {
            return Err(OAuthError::invalid_grant("the assertion has no jti"));
        }
        Ok(assertion)
    }

    /// The path of the resource that the token is for. What is asked for has to be among what is
    /// asserted, where that is said; an assertion for the root is good for all of the gateway.
    fn asserted_resource(
        &self,
        form: &Form,
        assertion: &IdentityAssertion,
    ) -> Result<String, OAuthError> {
        let wrong = |said| OAuthError::new(ErrorCode::InvalidTarget, said);
        let not_ours = "resource is not an MCP endpoint of this gateway";
        let asked = form.find("resource").map(|asked| self.settings.resource_path(asked));
        let asked = asked.map(|path| path.ok_or_else(|| wrong(not_ours))).transpose()?;
        if assertion.resources.is_empty() {
            return Ok(asked.unwrap_or_default());
        }
        let resources = assertion.resources.iter();
        let granted: Vec<String> =
            resources.filter_map(|address| self.settings.resource_path(address)).collect();
        match (asked, granted.as_slice()) {
            (_, []) => Err(wrong("the assertion is for no resource of this gateway")),
            (Some(asked), granted)
                if granted.iter().any(|path| path.is_empty() || *path == asked) =>
            {
                Ok(asked)
            }
            (Some(_), _) => Err(wrong("resource is none of those that the assertion is for")),
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(wrong("the assertion is for several resources: name one")),
        }
    }

    fn asserted_scopes(
        &self,
        form: &Form,
        assertion: &IdentityAssertion,
    ) -> Result<Vec<String>, OAuthError> {
        let wrong = |name: String| {
            OAuthError::new(ErrorCode::InvalidScope, format!("scope: {name} is not granted"))
        };
        let granted = self.settings.scopes(assertion.scope.as_deref()).map_err(wrong)?;
        let Some(asked) = form.find("scope") else { return Ok(granted) };
        let asked = self.settings.scopes(Some(asked)).map_err(wrong)?;
        match asked.iter().find(|name| !granted.contains(name)) {
            Some(name) => Err(wrong(name.clone())),
            None => Ok(asked),
        }
    }

    /// Whoever shows an assertion first uses it up, on all replicas: its id is taken as a lease is,
    /// and never given back.
    async fn use_up(&self, id: &str) -> Result<(), OAuthError> {
        let (name, holder) =
            (format!("oauth:assertion:{}", sha256_text(id)), LeaseHolder(self.ports.ids.next()));
        if self.ports.leases.try_acquire(&name, holder, REMEMBERED).await? {
            return Ok(());
        }
        tracing::warn!("an assertion was shown twice");
        Err(OAuthError::invalid_grant("the assertion was used already"))
    }
}
