//! A server with a clock that tests set, and one person who signs in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_contract::MockClock;
use registry_domain::caller::Groups;
use registry_domain::ports::{
    Clock as _, CodeRedemption, IdentityProvider, Ids, Sealer, Secret, SignIn, SignInFailure,
    SignInRequest, TokenVerifier, Verification, VerifiedToken, WebDocument, WebDocuments, WebFault,
};
use registry_domain::user::Identity;
use registry_embedded::{EmbeddedOptions, EmbeddedSessions, EmbeddedStore};
use registry_oauth_server::{GatewayVerifier, OAuthPorts, OAuthServer, OAuthSettings};
use registry_sealing::{AeadSealer, SealingKey};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;

pub const BASE: &str = "https://gateway.example";
/// A host of the web: a consent is good for the next time.
pub const REDIRECT: &str = "https://app.example/cb";
pub const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

/// Everything that a server needs, to open one or several.
pub struct House {
    pub clock: Arc<MockClock>,
    pub store: Arc<EmbeddedStore>,
    pub ports: OAuthPorts,
    _folder: TempDir,
}

/// Signs one person in, whatever the code.
struct Provider(Arc<MockClock>);

/// Nobody is signed in elsewhere.
struct Nobody;

/// No site answers.
struct NoSites;

/// Ids, one after the other.
#[derive(Default)]
struct Numbers(Mutex<u128>);

impl Ids for Numbers {
    fn next(&self) -> Uuid {
        let mut last = self.0.lock();
        *last += 1;
        Uuid::from_u128(*last)
    }
}

impl Provider {
    fn sign_in(&self) -> SignIn {
        let identity = Identity {
            subject: "ada".to_owned(),
            tenant: None,
            email: Some("ada@example.com".to_owned()),
            display_name: None,
            in_admin_group: Some(false),
        };
        let expires_at = self.0.now() + Duration::from_hours(1);
        let person = VerifiedToken {
            identity,
            roles: vec![],
            groups: Groups::default(),
            expires_at,
            bounds: None,
            assertion: None,
        };
        SignIn {
            person: Arc::new(person),
            access_token: Secret::new("access".to_owned()),
            access_expires_at: expires_at,
            refresh_token: Some(Secret::new("refresh".to_owned())),
        }
    }
}

#[async_trait]
impl IdentityProvider for Provider {
    async fn sign_in_address(&self, request: &SignInRequest) -> Result<String, SignInFailure> {
        Ok(format!("https://idp.example/?state={}", request.state))
    }

    async fn redeem(&self, _: &CodeRedemption) -> Result<SignIn, SignInFailure> {
        Ok(self.sign_in())
    }

    async fn refresh(&self, _: &Secret) -> Result<SignIn, SignInFailure> {
        Ok(self.sign_in())
    }
}

#[async_trait]
impl TokenVerifier for Nobody {
    async fn verify(&self, _: &str) -> Verification {
        panic!("a token of ours was taken for another's")
    }
}

#[async_trait]
impl WebDocuments for NoSites {
    async fn fetch(&self, _: &Url, _: usize) -> Result<WebDocument, WebFault> {
        Err(WebFault::Unreachable)
    }
}

pub fn sealer() -> Arc<dyn Sealer> {
    Arc::new(AeadSealer::new(&[SealingKey::generate().unwrap()]).unwrap())
}

impl House {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(MockClock::default());
        let file = folder.path().join("registry.db");
        let store = EmbeddedStore::open(
            &file,
            EmbeddedOptions::for_testing(),
            clock.clone(),
            Handle::current(),
            TaskTracker::new(),
        );
        let store = store.await.unwrap();
        let ports = OAuthPorts {
            store: store.clone(),
            sessions: Arc::new(EmbeddedSessions::new(1000, clock.clone())),
            sealer: sealer(),
            provider: Arc::new(Provider(clock.clone())),
            documents: Arc::new(NoSites),
            assertions: None,
            leases: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(Numbers::default()),
        };
        Self { clock, store, ports, _folder: folder }
    }

    pub async fn open(&self) -> Arc<OAuthServer> {
        Arc::new(OAuthServer::open(OAuthSettings::new(BASE), self.ports.clone()).await.unwrap())
    }
}

/// Registers a client.
pub async fn client(server: &OAuthServer) -> String {
    client_at(server, REDIRECT).await
}

/// Registers a client at an address.
pub async fn client_at(server: &OAuthServer, redirect: &str) -> String {
    let metadata = json!({"redirect_uris": [redirect], "token_endpoint_auth_method": "none"});
    let answer = server.register(metadata.to_string().as_bytes()).await.unwrap();
    answer["client_id"].as_str().unwrap().to_owned()
}

/// Where an authorization request leads, and the browser's cookie.
pub async fn authorize(
    server: &OAuthServer,
    client: &str,
    cookie: Option<&str>,
) -> (String, String) {
    let challenge = challenge();
    // The only address that it registered.
    let query = format!(
        "response_type=code&client_id={client}&code_challenge={challenge}\
         &code_challenge_method=S256"
    );
    let step = server.authorize(&query, cookie).await.unwrap();
    let cookie = step.cookie.unwrap().split(';').next().unwrap().to_owned();
    (step.to, cookie)
}

fn challenge() -> String {
    use base64::Engine as _;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash)
}

/// What follows a `?`.
pub fn query(address: &str) -> &str {
    address.split_once('?').expect("a query").1
}

/// A person's yes, up to the identity provider's state.
pub async fn consent(server: &OAuthServer, page: &str, cookie: &str) -> String {
    let shown = server.consent_page(query(page), Some(cookie)).unwrap();
    let form = format!("transaction={}&csrf={}&decision=allow", shown.transaction, shown.csrf);
    let step = server.decide(form.as_bytes(), Some(cookie)).await.unwrap();
    query(&step.to).to_owned()
}

/// A code, with the browser's cookie.
pub async fn code(server: &OAuthServer, client: &str) -> (String, String) {
    let (page, cookie) = authorize(server, client, None).await;
    let state = consent(server, &page, &cookie).await;
    let back = server.callback(&format!("code=x&{state}"), Some(&cookie)).await.unwrap();
    let url = Url::parse(&back.to).unwrap();
    let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    (code, back.cookie.unwrap().split(';').next().unwrap().to_owned())
}

pub async fn redeem(server: &OAuthServer, client: &str, code: &str) -> Result<Value, String> {
    let form = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&code_verifier={VERIFIER}"
    );
    server.token(form.as_bytes(), None).await.map_err(|error| error.to_string())
}

pub async fn refresh(server: &OAuthServer, client: &str, tokens: &Value) -> Result<Value, String> {
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
    server.token(form.as_bytes(), None).await.map_err(|error| error.to_string())
}

/// What the gateway says to an access token.
pub async fn verify(server: &Arc<OAuthServer>, tokens: &Value) -> Verification {
    let verifier = GatewayVerifier::new(Arc::clone(server), Arc::new(Nobody));
    verifier.verify(tokens["access_token"].as_str().unwrap()).await
}
