//! A flow under way: what the client asked, until a person consented; then, while they sign in, with
//! our own half of it; and the code that comes of it.
//!
//! Before the consent it travels with the browser, sealed, so that strangers fill nothing here.

use bytes::Bytes;
use registry_domain::ports::{Purpose, end_after};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{ErrorCode, OAuthError};
use crate::jwt::PersonClaims;
use crate::redirect::{self, answering};
use crate::secrets::{open, open_text, seal, seal_text, sha256_hex, sha256_text};
use crate::server::OAuthServer;
use crate::settings::OAuthSettings;

const CONTEXT: &str = "oauth-transaction";

/// What a client asked of a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) client: String,
    pub(crate) client_name: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    /// The path of the resource.
    pub(crate) resource: String,
    /// The browser in which it was asked.
    pub(crate) browser: String,
    /// What proves that our own page was answered.
    pub(crate) csrf: String,
    /// When it ends, in seconds.
    pub(crate) ends_at: i64,
}

/// A transaction while its person signs in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) transaction: Transaction,
    pub(crate) code_verifier: String,
    pub(crate) nonce: String,
    /// Whether the person consented to this transaction, and not to one like it before.
    pub(crate) consented: bool,
}

/// What a code stands for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CodeRecord {
    pub(crate) grant: Uuid,
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) resource: String,
    pub(crate) person: PersonClaims,
    pub(crate) provider_refresh: Option<String>,
}

impl Transaction {
    /// Whether a consent to this is good for the next time. Behind an address on the person's own
    /// machine another program may answer to the client's id then, so that the person is asked each
    /// time (RFC 8252 §8.6); what goes to a host of the web reaches the client that was consented to.
    pub(crate) fn is_remembered(&self) -> bool {
        redirect::is_web(&self.redirect_uri)
    }

    /// The key that a consent to this is remembered under: of that person, to that client, at that
    /// address, for that resource and those scopes.
    pub(crate) fn consent_key(&self, subject: &str, tenant: Option<&str>) -> String {
        let all = (subject, tenant, &self.client, &self.redirect_uri, &self.resource, &self.scopes);
        sha256_hex(&serde_json::to_vec(&all).unwrap_or_default())
    }

    /// Where the browser goes with an answer to the client (RFC 6749 §4.1.2, RFC 9207).
    pub(crate) fn answer(&self, issuer: &str, answer: &[(&str, &str)]) -> String {
        let mut all = answer.to_vec();
        all.extend(self.state.as_deref().map(|state| ("state", state)));
        all.push(("iss", issuer));
        answering(&self.redirect_uri, &all)
    }

    /// Where it goes with a refusal.
    pub(crate) fn refusal(&self, issuer: &str, error: &OAuthError) -> String {
        let answer = [("error", error.code.as_str()), ("error_description", &error.description)];
        self.answer(issuer, &answer)
    }
}

impl OAuthServer {
    pub(crate) fn seal_transaction(&self, transaction: &Transaction) -> Result<String, OAuthError> {
        seal_text(self.ports.sealer.as_ref(), Purpose::State, CONTEXT, transaction)
    }

    /// Opens a transaction that has not ended, in the browser that it began in.
    pub(crate) fn open_transaction(
        &self,
        sealed: &str,
        cookies: Option<&str>,
    ) -> Result<Transaction, OAuthError> {
        let ended = || {
            OAuthError::invalid_request(
                "this sign-in has ended, or never began here; go back to the application and start again",
            )
        };
        let transaction: Transaction =
            open_text(self.ports.sealer.as_ref(), Purpose::State, CONTEXT, sealed)
                .ok_or_else(ended)?;
        self.check_browser(&transaction, cookies)?;
        if self.ports.clock.now().as_second() >= transaction.ends_at {
            return Err(ended());
        }
        Ok(transaction)
    }

    /// Refuses a browser that is not the one in which the transaction began: somebody else would
    /// finish it for them.
    pub(crate) fn check_browser(
        &self,
        transaction: &Transaction,
        cookies: Option<&str>,
    ) -> Result<(), OAuthError> {
        let is_same =
            self.browser(cookies).is_some_and(|browser| browser.id == transaction.browser);
        if is_same {
            return Ok(());
        }
        Err(OAuthError::new(
            ErrorCode::AccessDenied,
            "this sign-in began in another browser, or cookies are switched off",
        ))
    }

    /// When a transaction that begins now ends.
    pub(crate) fn transaction_end(&self) -> i64 {
        end_after(self.ports.clock.now(), OAuthSettings::TRANSACTION_TTL).as_second()
    }

    /// Keeps a sign-in under way, by its state.
    pub(crate) async fn keep_leg(&self, state: &str, leg: &Leg) -> Result<(), OAuthError> {
        let key = format!("oauth:leg:{}", sha256_text(state));
        let sealed = seal(self.ports.sealer.as_ref(), Purpose::State, &key, leg)?;
        let ttl = OAuthSettings::TRANSACTION_TTL;
        Ok(self.ports.sessions.put(&key, Bytes::from(sealed), ttl).await?)
    }

    /// A sign-in under way, still to be taken.
    pub(crate) async fn find_leg(&self, state: &str) -> Result<Option<Leg>, OAuthError> {
        let key = format!("oauth:leg:{}", sha256_text(state));
        let found = self.ports.sessions.find(&key).await?;
        Ok(found.and_then(|sealed| self.unsealed(&key, &sealed)))
    }

    /// Takes it: once.
    pub(crate) async fn take_leg(&self, state: &str) -> Result<Option<Leg>, OAuthError> {
        let key = format!("oauth:leg:{}", sha256_text(state));
        let taken = self.ports.sessions.take(&key).await?;
        Ok(taken.and_then(|sealed| self.unsealed(&key, &sealed)))
    }

    pub(crate) async fn keep_code(
        &self,
        code: &str,
        record: &CodeRecord,
    ) -> Result<(), OAuthError> {
        let key = format!("oauth:code:{}", sha256_text(code));
        let sealed = seal(self.ports.sealer.as_ref(), Purpose::State, &key, record)?;
        Ok(self.ports.sessions.put(&key, Bytes::from(sealed), OAuthSettings::CODE_TTL).await?)
    }

    /// Takes what a code stands for: once.
    pub(crate) async fn take_code(&self, code: &str) -> Result<Option<CodeRecord>, OAuthError> {
        let key = format!("oauth:code:{}", sha256_text(code));
        let taken = self.ports.sessions.take(&key).await?;
        Ok(taken.and_then(|sealed| self.unsealed(&key, &sealed)))
    }

    /// Remembers what a code was redeemed for, for as long as its first token is good.
    pub(crate) async fn note_redeemed(&self, code: &str, grant: Uuid) -> Result<(), OAuthError> {
        let key = format!("oauth:used:{}", sha256_text(code));
        let value = Bytes::from(grant.to_string());
        Ok(self.ports.sessions.put(&key, value, self.settings.access_ttl).await?)
    }

    /// What a code was redeemed for, by whoever was first.
    pub(crate) async fn redeemed(&self, code: &str) -> Result<Option<Uuid>, OAuthError> {
        let key = format!("oauth:used:{}", sha256_text(code));
        let found = self.ports.sessions.find(&key).await?;
        Ok(found.and_then(|id| Uuid::try_parse_ascii(&id).ok()))
    }

    fn unsealed<T: DeserializeOwned>(&self, key: &str, sealed: &[u8]) -> Option<T> {
        open(self.ports.sealer.as_ref(), Purpose::State, key, sealed)
    }
}
