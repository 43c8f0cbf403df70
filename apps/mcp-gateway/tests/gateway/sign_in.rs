//! Signing in with a browser, at a stand-in for Entra.

mod administrators;
mod bad_input;
mod browser;
mod refresh;
mod tokens;

use registry_testkit::entra::{CLIENT, Entra, TENANT};
use registry_testkit::{Answer, Api, Launch, Program, TestDatabase, TestRedis, test_redis};
use serde_json::Value;
use url::Url;

/// Where Entra sends browsers back to: ports are known too late to be registered there, and the
/// test follows by itself.
const CALLBACK: &str = "http://127.0.0.1:1/oauth/callback";

/// The product and where its people sign in.
pub struct SignInWorld {
    pub entra: Entra,
    pub program: Program,
}

impl SignInWorld {
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let entra = Entra::new();
        let program = launch(&entra, settings).start().await;
        Self { entra, program }
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.program)
    }

    /// A client that shows an access token, as MSAL gets one.
    pub fn with_token_of(&self, who: &str) -> Api {
        Api::gateway(&self.program).with_token(&self.entra.access_token(who))
    }
}

/// The product, ready to be started with people at `entra`.
pub fn launch(entra: &Entra, settings: &[(&str, &str)]) -> Launch {
    entra.allow_redirect(CALLBACK);
    let of_entra = entra.settings();
    let of_entra: Vec<(&str, &str)> =
        of_entra.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Launch::program("mcp-registry")
        .envs(&of_entra)
        .envs(&[("MREG_FASTMCP_OAUTH_CALLBACK_URL", CALLBACK)])
        .envs(settings)
}

/// Two replicas that share a PostgreSQL, a Redis and the keys that seal.
pub struct Replicas {
    pub entra: Entra,
    pub one: Program,
    pub other: Program,
    pub database: TestDatabase,
    _redis: TestRedis,
}

impl Replicas {
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let (database, redis) = (TestDatabase::create().await, test_redis());
        let entra = Entra::new();
        let shared = [
            ("DATABASE_URL", database.url()),
            ("MREG_REDIS_URL", redis.url()),
            ("MREG_REDIS_KEY_PREFIX", redis.prefix()),
            ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
            ("MREG_TOKEN_ENCRYPTION_KEY", "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
        ];
        let one = launch(&entra, &shared).envs(settings).start().await;
        let other = launch(&entra, &shared).envs(settings).start().await;
        Self { entra, one, other, database, _redis: redis }
    }
}

/// A browser: it keeps cookies, and follows where it is sent.
#[derive(Clone)]
pub struct Browser {
    pub api: Api,
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub fn at(program: &Program) -> Self {
        Self { api: Api::gateway(program), cookies: Vec::new() }
    }

    /// The same browser before another replica.
    pub fn moves_to(mut self, program: &Program) -> Self {
        self.api = Api::gateway(program);
        self
    }

    fn with_cookies(&self) -> Api {
        if self.cookies.is_empty() {
            return self.api.clone();
        }
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.api.clone().with_header("cookie", &pairs.join("; "))
    }

    /// Keeps and drops cookies as an answer says.
    fn keep(&mut self, answer: &Answer) {
        for header in answer.headers.get_all("set-cookie") {
            let text = header.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.with_cookies().get(path).await;
        self.keep(&answer);
        answer
    }

    pub async fn post(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut api = self.with_cookies();
        for (name, value) in headers {
            api = api.with_header(name, value);
        }
        let answer = api.post(path, &Value::Null).await;
        self.keep(&answer);
        answer
    }

    /// Begins to sign in; answers where it was sent.
    pub async fn leaves(&mut self, return_to: Option<&str>) -> Url {
        let answer = self.get(&login_path(return_to)).await.expect(302);
        location(&answer)
    }

    /// Goes through the identity provider; answers the path that it is sent back to.
    pub async fn through(&self, at_provider: &Url) -> String {
        let (authority, path) = split(at_provider);
        let back = Api::new(authority).get(&path).await.expect(302);
        split(&location(&back)).1
    }

    /// Signs in and comes back with a session's cookie.
    pub async fn signs_in(&mut self) -> Answer {
        let at_provider = self.leaves(Some("/")).await;
        let back = self.through(&at_provider).await;
        self.get(&back).await.expect(302)
    }

    pub async fn userinfo(&mut self) -> Answer {
        self.get("/oauth/userinfo").await
    }
}

pub fn login_path(return_to: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(to) = return_to {
        query.append_pair("return_to", to);
    }
    format!("/oauth/login?{}", query.finish())
}

pub fn location(answer: &Answer) -> Url {
    Url::parse(answer.header("location")).unwrap()
}

/// An address as its origin and the rest.
pub fn split(address: &Url) -> (String, String) {
    let path = &address[url::Position::BeforePath..];
    (address.origin().ascii_serialization(), path.to_owned())
}

pub fn parameter(address: &Url, name: &str) -> Option<String> {
    let found = address.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// The scope that is asked for.
pub fn scope() -> String {
    format!("openid profile email offline_access api://{CLIENT}/access_as_user")
}

/// The tenant's path at Entra.
pub fn authorize_path() -> String {
    format!("/{TENANT}/oauth2/v2.0/authorize")
}
