//! Signing people in at Entra: the authorization code flow with PKCE (OpenID Connect Core §3.1).
//!
//! The addresses are Entra's own, below `{authority}/{tenant}`; they are the same in every cloud,
//! so that nothing has to be discovered. An ID token is judged by the rules of [`JwtVerifier`],
//! meant for our client id alone, and must name the nonce that the browser was sent with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use jiff::Timestamp;
use registry_domain::ports::{
    Clock, CodeRedemption, IdentityProvider, PersonalToken, Secret, SignIn, SignInFailure,
    SignInRequest, Verification, VerifiedToken,
};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::client::{FetchError, JsonClient, chain};
use crate::verifier::JwtVerifier;

const FORM: &str = "application/x-www-form-urlencoded";

/// The longest time that a token is taken to be good for, whatever the provider says.
const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// The longest token that is shown to a server: longer ones fit into no server's headers.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Where people sign in, and as which application.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// `https://login.microsoftonline.com` outside of tests and national clouds.
    pub authority: String,
    /// The tenant, or `organizations`.
    pub tenant: String,
    /// The application.
    pub client_id: String,
    /// Its secret. It goes to the token endpoint and nowhere else.
    pub client_secret: Secret,
    /// What is asked for where a request names nothing.
    pub scopes: Vec<String>,
    /// How long an exchange with the provider may take.
    pub timeout: Duration,
}

/// Entra ID as the port [`IdentityProvider`].
pub struct EntraProvider {
    settings: ProviderSettings,
    authorize: Url,
    token: Url,
    client: JsonClient,
    id_tokens: JwtVerifier,
    clock: Arc<dyn Clock>,
}

/// What the token endpoint answers (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: u64,
}

/// Asks for a token on behalf of whom the assertion is about.
const ON_BEHALF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What it refuses with (RFC 6749 §5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl EntraProvider {
    /// A provider whose ID tokens `id_tokens` judges: it must accept our client id as their only
    /// audience.
    ///
    /// # Errors
    /// [`FetchError`] when the authority is neither https nor on this machine, or TLS cannot be set
    /// up.
    pub fn new(
        settings: ProviderSettings,
        id_tokens: JwtVerifier,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetchError> {
        let at = |path: &str| {
            let authority = settings.authority.trim_end_matches('/');
            let address = format!("{authority}/{}/oauth2/v2.0/{path}", settings.tenant);
            Url::parse(&address).map_err(|error| FetchError::Request(error.into()))
        };
        let (authorize, token) = (at("authorize")?, at("token")?);
        crate::client::check_scheme(&token)?;
        let client = JsonClient::new()?;
        Ok(Self { settings, authorize, token, client, id_tokens, clock })
    }

    fn scope(&self, wanted: &[String]) -> String {
        if wanted.is_empty() { self.settings.scopes.join(" ") } else { wanted.join(" ") }
    }

    /// Asks the token endpoint, as the application.
    async fn ask(&self, parameters: &[(&str, &str)]) -> Result<Tokens, SignInFailure> {
        let body = Serializer::new(String::new())
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("client_secret", self.settings.client_secret.expose())
            .extend_pairs(parameters)
            .finish();
        let asked = self.client.post(&self.token, FORM, None, body);
        let answer = tokio::time::timeout(self.settings.timeout, asked)
            .await
            .unwrap_or(Err(FetchError::TimedOut))
            .map_err(unavailable)?;
        match answer.status {
            StatusCode::OK => answer
                .json()
                .map_err(|_| SignInFailure::Invalid { what: "no tokens in the answer" }),
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
                let refusal: Refusal = answer.json().map_err(unavailable)?;
                Err(SignInFailure::Refused { code: known_code(refusal.error) })
            }
            status => Err(unavailable(FetchError::Status(status))),
        }
    }

    async fn sign_in(&self, tokens: Tokens, nonce: Option<&str>) -> Result<SignIn, SignInFailure> {
        let id_token =
            tokens.id_token.ok_or(SignInFailure::Invalid { what: "no ID token in the answer" })?;
        let person = self.identified(&id_token, nonce).await?;
        Ok(SignIn {
            person,
            access_expires_at: self.end_of(tokens.expires_in),
            access_token: Secret::new(tokens.access_token),
            refresh_token: tokens.refresh_token.map(Secret::new),
        })
    }

    /// When a token ends of which this is told.
    fn end_of(&self, expires_in: u64) -> Timestamp {
        let lifetime = Duration::from_secs(expires_in).min(MAX_LIFETIME);
        registry_domain::ports::end_after(self.clock.now(), lifetime)
    }

    async fn identified(
        &self,
        id_token: &str,
        nonce: Option<&str>,
    ) -> Result<Arc<VerifiedToken>, SignInFailure> {
        match self.id_tokens.verify_with_nonce(id_token, nonce).await {
            Verification::Verified(person) => Ok(person),
            Verification::Refused(class) => {
                tracing::warn!(class = class.as_str(), "an ID token does not hold");
                Err(SignInFailure::Invalid { what: "the ID token does not hold" })
            }
            Verification::KeysUnavailable => {
                Err(SignInFailure::Unavailable { source: "the keys cannot be had".into() })
            }
        }
    }
}

#[async_trait]
impl IdentityProvider for EntraProvider {
    async fn sign_in_address(&self, request: &SignInRequest) -> Result<String, SignInFailure> {
        let mut address = self.authorize.clone();
        address
            .query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("redirect_uri", &request.redirect_uri)
            .append_pair("scope", &self.scope(&request.scopes))
            .append_pair("state", &request.state)
            .append_pair("nonce", &request.nonce)
            .append_pair("code_challenge", &request.code_challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(address.into())
    }

    async fn redeem(&self, redemption: &CodeRedemption) -> Result<SignIn, SignInFailure> {
        // No `scope` here: the code has its own.
        let tokens = self
            .ask(&[
                ("grant_type", "authorization_code"),
                ("code", redemption.code.expose()),
                ("code_verifier", redemption.code_verifier.expose()),
                ("redirect_uri", &redemption.redirect_uri),
            ])
            .await?;
        self.sign_in(tokens, Some(&redemption.nonce)).await
    }

    async fn refresh(&self, refresh_token: &Secret) -> Result<SignIn, SignInFailure> {
        let tokens = self
            .ask(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())])
            .await?;
        self.sign_in(tokens, None).await
    }

    async fn on_behalf_of(
        &self,
        assertion: &Secret,
        scopes: &[String],
    ) -> Result<PersonalToken, SignInFailure> {
        let scope = scopes.join(" ");
        let parameters = [
            ("grant_type", ON_BEHALF),
            ("requested_token_use", "on_behalf_of"),
            ("assertion", assertion.expose()),
            ("scope", &scope),
        ];
        let tokens = self.ask(&parameters).await.inspect_err(|failure| {
            let cause = chain(failure);
            tracing::warn!(cause, "the identity provider gave no token on behalf of a caller");
        })?;
        let is_token = !tokens.access_token.is_empty()
            && tokens.access_token.len() <= MAX_TOKEN_BYTES
            && tokens.access_token.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_token {
            return Err(SignInFailure::Invalid { what: "no token in the answer" });
        }
        Ok(PersonalToken {
            expires_at: self.end_of(tokens.expires_in),
            token: Secret::new(tokens.access_token),
        })
    }
}

fn unavailable(error: FetchError) -> SignInFailure {
    SignInFailure::Unavailable { source: error.into() }
}

/// A code that is told on: what is no code at all is `invalid_request` (RFC 6749 §5.2 allows few
/// characters, and a provider's text may be anything).
fn known_code(code: String) -> String {
    let is_code = (1..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { code } else { "invalid_request".to_owned() }
}
