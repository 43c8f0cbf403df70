//! `GET /authorize`: a client sends a person here (RFC 6749 §4.1.1, RFC 7636, RFC 8707).

use crate::browser::Browser;
use crate::clients::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::redirect;
use crate::secrets::unguessable;
use crate::server::OAuthServer;
use crate::transaction::Transaction;

/// The longest `state` that we carry, in bytes.
const LONGEST_STATE: usize = 2048;
/// S256 makes 256 bits of anything: 43 characters of base64url (RFC 7636 §4.2).
const CHALLENGE_CHARS: usize = 43;

/// Where the browser goes next, and the cookie that it takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The address.
    pub to: String,
    /// What `Set-Cookie` says.
    pub cookie: Option<String>,
}

impl OAuthServer {
    /// Begins a transaction. What is wrong is told to the client by a redirect, but only where client
    /// and address are certain: an address that nobody registered is sent nobody.
    ///
    /// # Errors
    /// What the person is shown: `invalid_client` and `invalid_request`, or
    /// `temporarily_unavailable`.
    pub async fn authorize(&self, query: &str, cookies: Option<&str>) -> Result<Step, OAuthError> {
        let form = Form::read(query.as_bytes())?;
        let client = self.client(form.required("client_id")?).await?;
        let redirect_uri = redirect_uri(&form, &client)?;
        let browser = self.browser_or_new(cookies)?;
        let mut transaction = Transaction {
            client: client.id,
            client_name: client.name,
            redirect_uri,
            state: form.find("state").map(str::to_owned),
            challenge: String::new(),
            scopes: Vec::new(),
            resource: String::new(),
            browser: browser.id.clone(),
            csrf: unguessable()?,
            ends_at: self.transaction_end(),
        };
        if let Err(error) = self.read_wishes(&form, &mut transaction) {
            return Ok(Step { to: transaction.refusal(&self.settings.base, &error), cookie: None });
        }
        let cookie = Some(self.cookie(&browser)?);
        if self.was_consented(&transaction, &browser).await? {
            let to = self.sign_in(transaction, false).await?;
            return Ok(Step { to, cookie });
        }
        let sealed = self.seal_transaction(&transaction)?;
        Ok(Step { to: self.settings.address(&format!("/consent?transaction={sealed}")), cookie })
    }

    /// Reads what may be wrong without the client's address being so.
    fn read_wishes(&self, form: &Form, into: &mut Transaction) -> Result<(), OAuthError> {
        if into.state.as_ref().is_some_and(|state| state.len() > LONGEST_STATE) {
            into.state = None;
            return Err(OAuthError::invalid_request("state must have at most 2048 bytes"));
        }
        if form.required("response_type")? != "code" {
            let said = "response_type must be code";
            return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, said));
        }
        let challenge = form.required("code_challenge")?;
        if form.find("code_challenge_method") != Some("S256") {
            return Err(OAuthError::invalid_request("code_challenge_method must be S256"));
        }
        let is_challenge = challenge.len() == CHALLENGE_CHARS
            && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_challenge {
            return Err(OAuthError::invalid_request(
                "code_challenge must be 43 base64url characters",
            ));
        }
        challenge.clone_into(&mut into.challenge);
        into.scopes = self.settings.scopes(form.find("scope")).map_err(|name| {
            let said = format!("scope: {name} is none of ours");
            OAuthError::new(ErrorCode::InvalidScope, said)
        })?;
        if let Some(resource) = form.find("resource") {
            into.resource = self.settings.resource_path(resource).ok_or_else(|| {
                let said = "resource is not an MCP endpoint of this gateway";
                OAuthError::new(ErrorCode::InvalidTarget, said)
            })?;
        }
        Ok(())
    }

    /// Whether who signed in with this browser last consented to the same before. Who it really is
    /// shows when they have signed in; it is asked again then.
    async fn was_consented(
        &self,
        transaction: &Transaction,
        browser: &Browser,
    ) -> Result<bool, OAuthError> {
        let Some(person) = &browser.person else { return Ok(false) };
        if !transaction.is_remembered() {
            return Ok(false);
        }
        let key = transaction.consent_key(&person.subject, person.tenant.as_deref());
        Ok(self.ports.store.has_consent(&key).await?)
    }
}

/// Where the client wants its answer: one of its registered addresses, and the only one where it does
/// not say.
fn redirect_uri(form: &Form, client: &Client) -> Result<String, OAuthError> {
    match (form.find("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(asked), registered) if redirect::is_one_of(asked, registered) => Ok(asked.to_owned()),
        (Some(_), _) => Err(OAuthError::invalid_request(
            "redirect_uri is none of those that the client registered",
        )),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(OAuthError::invalid_request("redirect_uri is missing")),
    }
}
