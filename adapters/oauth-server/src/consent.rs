//! `/consent`: a person says whether a client may act for them, before they sign in. Without it a
//! client that registered itself would profit from the provider's memory of an earlier sign-in
//! (the confused deputy of MCP's security page).

use registry_domain::ports::SignInRequest;

use crate::authorize::Step;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::redirect;
use crate::secrets::{same, sha256_text, unguessable};
use crate::server::OAuthServer;
use crate::transaction::{Leg, Transaction};

/// What the page shows and sends.
#[derive(Debug, Clone)]
pub struct ConsentPage {
    /// What the client calls itself, where it does: its own word.
    pub client_name: Option<String>,
    /// Its id.
    pub client_id: String,
    /// The host that gets the answer, or the scheme of the program that does.
    pub redirect_host: String,
    /// Whether that is on the person's own machine, where any program may be the one that gets it.
    pub is_local: bool,
    /// What it would be granted.
    pub scopes: Vec<String>,
    /// The resource that it would call.
    pub resource: String,
    /// What the form sends back as `transaction`.
    pub transaction: String,
    /// What it sends back as `csrf`.
    pub csrf: String,
}

impl OAuthServer {
    /// What the consent page of a transaction shows.
    ///
    /// # Errors
    /// `invalid_request` where there is none, `access_denied` in another browser.
    pub fn consent_page(
        &self,
        query: &str,
        cookies: Option<&str>,
    ) -> Result<ConsentPage, OAuthError> {
        let form = Form::read(query.as_bytes())?;
        let sealed = form.required("transaction")?;
        let transaction = self.open_transaction(sealed, cookies)?;
        Ok(ConsentPage {
            redirect_host: redirect::host(&transaction.redirect_uri),
            is_local: !redirect::is_web(&transaction.redirect_uri),
            client_name: transaction.client_name,
            client_id: transaction.client,
            scopes: transaction.scopes,
            resource: self.settings.address(&transaction.resource),
            transaction: sealed.to_owned(),
            csrf: transaction.csrf,
        })
    }

    /// Takes a person's answer: on to the sign-in, or back to the client with `access_denied`.
    ///
    /// # Errors
    /// As [`consent_page`](Self::consent_page), and `access_denied` for an answer that did not come
    /// from our page.
    pub async fn decide(&self, body: &[u8], cookies: Option<&str>) -> Result<Step, OAuthError> {
        let form = Form::read(body)?;
        let transaction = self.open_transaction(form.required("transaction")?, cookies)?;
        if !same(form.required("csrf")?.as_bytes(), transaction.csrf.as_bytes()) {
            let said = "this answer did not come from the page that asked";
            return Err(OAuthError::new(ErrorCode::AccessDenied, said));
        }
        let to = match form.required("decision")? {
            "allow" => self.sign_in(transaction, true).await?,
            "deny" => {
                let error = OAuthError::new(ErrorCode::AccessDenied, "the person said no");
                transaction.refusal(&self.settings.base, &error)
            }
            _ => return Err(OAuthError::invalid_request("decision must be allow or deny")),
        };
        Ok(Step { to, cookie: None })
    }

    /// Sends the person to the identity provider, with our own state, nonce and PKCE. What the client
    /// asked for goes no further: neither its state nor its `resource`, which Entra would refuse.
    pub(crate) async fn sign_in(
        &self,
        transaction: Transaction,
        consented: bool,
    ) -> Result<String, OAuthError> {
        let (state, nonce, code_verifier) = (unguessable()?, unguessable()?, unguessable()?);
        let request = SignInRequest {
            redirect_uri: self.callback_address(),
            state: state.clone(),
            nonce: nonce.clone(),
            code_challenge: sha256_text(&code_verifier),
            scopes: Vec::new(),
        };
        let address = match self.ports.provider.sign_in_address(&request).await {
            Ok(address) => address,
            Err(failure) => {
                let error = OAuthError::from(failure);
                tracing::warn!(%error, cause = error.cause(), "nobody can be sent to sign in");
                return Ok(transaction.refusal(&self.settings.base, &error));
            }
        };
        self.keep_leg(&state, &Leg { transaction, code_verifier, nonce, consented }).await?;
        Ok(address)
    }

    /// The one address that the identity provider sends people back to.
    pub(crate) fn callback_address(&self) -> String {
        self.settings.address("/auth/callback")
    }
}
