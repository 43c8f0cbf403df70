//! Signing people in at Entra: the authorization code flow with PKCE (OpenID Connect Core §3.1).
//!
//! `openidconnect` speaks the flow. The addresses are Entra's own, below `{authority}/{tenant}`; they
//! are the same in every cloud, so that nothing has to be discovered. An ID token is judged by the
//! rules of [`JwtVerifier`], meant for our client id alone, and must name the nonce that the browser
//! was sent with: `docs/adr/0010` says why not by the library.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode, Uri};
use jiff::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreTokenResponse,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySet, Nonce,
    OAuth2TokenResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardErrorResponse, TokenResponse, TokenUrl,
};
use registry_domain::ports::{
    Clock, CodeRedemption, IdentityProvider, PersonalToken, Secret, SignIn, SignInFailure,
    SignInRequest, Verification, VerifiedToken,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::client::{FetchError, JsonClient, chain};
use crate::verifier::JwtVerifier;

/// Asked for with every sign-in: the library adds it by itself.
const OPENID: &str = "openid";

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

/// Our application at the provider, with the addresses of authorization and of tokens.
type Application = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// Why the token endpoint gave nothing.
type TokenError = RequestTokenError<FetchError, StandardErrorResponse<CoreErrorResponseType>>;

/// How the library reaches the token endpoint.
struct TokenEndpoint {
    client: JsonClient,
    timeout: Duration,
}

impl TokenEndpoint {
    /// What says neither yes nor no is a failure of the exchange.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let answer = tokio::time::timeout(self.timeout, self.client.exchange(request))
            .await
            .unwrap_or(Err(FetchError::TimedOut))?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => {
                answer.json::<IgnoredAny>()?;
            }
            status => return Err(FetchError::Status(status)),
        }
        let mut response = HttpResponse::new(answer.body.into());
        *response.status_mut() = answer.status;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// Entra ID as the port [`IdentityProvider`].
pub struct EntraProvider {
    application: Application,
    client_secret: Secret,
    scopes: Vec<String>,
    endpoint: TokenEndpoint,
    id_tokens: JwtVerifier,
    clock: Arc<dyn Clock>,
}

/// Asks for a token on behalf of whom the assertion is about: a grant that the library does not know.
const ON_BEHALF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What is answered to it (RFC 6749 §5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: u64,
}

/// What it is refused with (RFC 6749 §5.2).
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
            let address = format!("{authority}/{}/{path}", settings.tenant);
            Url::parse(&address).map_err(|error| FetchError::Request(error.into()))
        };
        let (authorize, token) = (at("oauth2/v2.0/authorize")?, at("oauth2/v2.0/token")?);
        crate::client::check_scheme(&token)?;
        // The library has no keys: it judges no token.
        let keys = JsonWebKeySet::new(Vec::new());
        let application = CoreClient::new(
            ClientId::new(settings.client_id),
            IssuerUrl::from_url(at("v2.0")?),
            keys,
        )
        .set_client_secret(ClientSecret::new(settings.client_secret.expose().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(authorize))
        .set_token_uri(TokenUrl::from_url(token));
        let endpoint = TokenEndpoint { client: JsonClient::new()?, timeout: settings.timeout };
        let (client_secret, scopes) = (settings.client_secret, settings.scopes);
        Ok(Self { application, client_secret, scopes, endpoint, id_tokens, clock })
    }

    async fn sign_in(
        &self,
        answered: Result<CoreTokenResponse, TokenError>,
        nonce: Option<&str>,
    ) -> Result<SignIn, SignInFailure> {
        let tokens = answered.map_err(failure)?;
        let id_token = tokens
            .id_token()
            .ok_or(SignInFailure::Invalid { what: "no ID token in the answer" })?;
        let lifetime = tokens
            .expires_in()
            .ok_or(SignInFailure::Invalid { what: "no lifetime in the answer" })?;
        let person = self.identified(&id_token.to_string(), nonce).await?;
        Ok(SignIn {
            person,
            access_token: Secret::new(tokens.access_token().secret().clone()),
            access_expires_at: self.end_of(lifetime),
            refresh_token: tokens.refresh_token().map(|token| Secret::new(token.secret().clone())),
        })
    }

    /// Asks the token endpoint, as the application, for what the library does not ask for.
    async fn ask_form(&self, parameters: &[(&str, &str)]) -> Result<Tokens, SignInFailure> {
        let body = Serializer::new(String::new())
            .append_pair("client_id", self.application.client_id())
            .append_pair("client_secret", self.client_secret.expose())
            .extend_pairs(parameters)
            .finish();
        let mut request = HttpRequest::new(body.into_bytes());
        *request.method_mut() = Method::POST;
        let address = self.application.token_uri().as_str();
        *request.uri_mut() = Uri::try_from(address).map_err(unavailable)?;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        let answer = self.endpoint.ask(request).await.map_err(unavailable)?;
        if answer.status() == StatusCode::OK {
            return serde_json::from_slice(answer.body())
                .map_err(|_| SignInFailure::Invalid { what: "no tokens in the answer" });
        }
        let refusal: Refusal = serde_json::from_slice(answer.body())
            .map_err(|error| unavailable(FetchError::Document(error)))?;
        Err(SignInFailure::Refused { code: known_code(&refusal.error) })
    }

    /// When a token ends of which this is told.
    fn end_of(&self, lifetime: Duration) -> Timestamp {
        registry_domain::ports::end_after(self.clock.now(), lifetime.min(MAX_LIFETIME))
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
        let (state, nonce) = (request.state.clone(), request.nonce.clone());
        let scopes = if request.scopes.is_empty() { &self.scopes } else { &request.scopes };
        let (address, _, _) = self
            .application
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .set_redirect_uri(Cow::Owned(redirect(&request.redirect_uri)?))
            .add_scopes(scopes.iter().filter(|scope| *scope != OPENID).cloned().map(Scope::new))
            .add_extra_param("response_mode", "query")
            .add_extra_param("code_challenge", request.code_challenge.as_str())
            .add_extra_param("code_challenge_method", "S256")
            .url();
        Ok(address.into())
    }

    async fn redeem(&self, redemption: &CodeRedemption) -> Result<SignIn, SignInFailure> {
        // No `scope` here: the code has its own.
        let answered = self
            .application
            .exchange_code(AuthorizationCode::new(redemption.code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(redemption.code_verifier.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(redirect(&redemption.redirect_uri)?))
            .request_async(&self.endpoint)
            .await;
        self.sign_in(answered, Some(&redemption.nonce)).await
    }

    async fn refresh(&self, refresh_token: &Secret) -> Result<SignIn, SignInFailure> {
        let refresh_token = RefreshToken::new(refresh_token.expose().to_owned());
        let answered = self
            .application
            .exchange_refresh_token(&refresh_token)
            .request_async(&self.endpoint)
            .await;
        self.sign_in(answered, None).await
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
        let tokens = self.ask_form(&parameters).await.inspect_err(|failure| {
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
            expires_at: self.end_of(Duration::from_secs(tokens.expires_in)),
            token: Secret::new(tokens.access_token),
        })
    }
}

/// The addresses are ours; one that is none cannot be asked with.
fn redirect(address: &str) -> Result<RedirectUrl, SignInFailure> {
    RedirectUrl::new(address.to_owned()).map_err(unavailable)
}

/// What the library tells. Its own error has the answer's bytes in it: it goes no further.
fn failure(error: TokenError) -> SignInFailure {
    match error {
        RequestTokenError::ServerResponse(refusal) => {
            SignInFailure::Refused { code: known_code(refusal.error().as_ref()) }
        }
        RequestTokenError::Request(error) => unavailable(error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            SignInFailure::Invalid { what: "no tokens in the answer" }
        }
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> SignInFailure {
    SignInFailure::Unavailable { source: error.into() }
}

/// A code that is told on: what is no code at all is `invalid_request` (RFC 6749 §5.2 allows few
/// characters, and a provider's text may be anything).
fn known_code(code: &str) -> String {
    let is_code = (1..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { code } else { "invalid_request" }.to_owned()
}
