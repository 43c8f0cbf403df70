//! A person's browser, and a client that sends them here: each step by hand, so that a test can do
//! any of them otherwise.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_testkit::{Answer, Api};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

/// Where the tests' clients want their answers.
pub const REDIRECT: &str = "http://127.0.0.1:39999/callback";
/// What they prove themselves with.
pub const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// The parameters of an address.
pub fn query(address: &str) -> HashMap<String, String> {
    Url::parse(address).expect("an address").query_pairs().into_owned().collect()
}

/// A client as it was registered.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub redirect: String,
}

impl Client {
    pub async fn registered(gateway: &Api) -> Self {
        Self::registered_at(gateway, REDIRECT).await
    }

    pub async fn registered_at(gateway: &Api, redirect: &str) -> Self {
        let metadata = json!({
            "client_name": "A <b>client</b>", "redirect_uris": [redirect],
            "token_endpoint_auth_method": "none",
        });
        let answer = gateway.post("/register", &metadata).await.expect(201).json();
        let id = answer["client_id"].as_str().expect("client_id").to_owned();
        Self { id, redirect: redirect.to_owned() }
    }

    /// A client that is known otherwise.
    pub fn known(id: impl Into<String>) -> Self {
        Self { id: id.into(), redirect: REDIRECT.to_owned() }
    }

    /// The parameters of a good authorization request.
    pub fn request<'a>(&'a self, challenge: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("state", "the client's state"),
        ]
    }

    /// Redeems a code.
    pub async fn redeem(&self, gateway: &Api, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", VERIFIER),
        ];
        gateway.post_form("/token", &form).await
    }

    /// Shows a refresh token.
    pub async fn refresh(&self, gateway: &Api, token: &str) -> Answer {
        let form =
            [("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)];
        gateway.post_form("/token", &form).await
    }
}

/// A browser: it keeps cookies, and goes where it is sent one step at a time.
#[derive(Clone, Debug)]
pub struct Browser {
    base: String,
    cookie: Option<String>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), cookie: None }
    }

    /// Opens an address, here or elsewhere; elsewhere without our cookie.
    pub async fn get(&mut self, address: &str) -> Answer {
        let path = address.strip_prefix(&self.base).filter(|path| path.starts_with('/'));
        let answer = match (path, &self.cookie) {
            (Some(path), Some(cookie)) => {
                Api::new(&self.base).with_header("cookie", cookie).get(path).await
            }
            (Some(path), None) => Api::new(&self.base).get(path).await,
            (None, _) => {
                let url = Url::parse(address).expect("an address");
                let path = &address[url.origin().ascii_serialization().len()..];
                return Api::new(url.origin().ascii_serialization()).get(path).await;
            }
        };
        self.keep(&answer);
        answer
    }

    /// Sends a form of ours.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let api = Api::new(&self.base);
        let api = match &self.cookie {
            Some(cookie) => api.with_header("cookie", cookie),
            None => api,
        };
        let answer = api.post_form(path, form).await;
        self.keep(&answer);
        answer
    }

    fn keep(&mut self, answer: &Answer) {
        if let Some((cookie, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = Some(cookie.to_owned());
        }
    }

    /// `/authorize` with these parameters.
    pub async fn authorize(&mut self, parameters: &[(&str, &str)]) -> Answer {
        let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.get(&format!("{}/authorize?{query}", self.base)).await
    }

    /// To the consent page, which it answers with the page's own form.
    pub async fn consent(&mut self, page: &str, decision: &str) -> Answer {
        let shown = self.get(page).await.expect(200);
        let form = hidden(&shown.text());
        let form = [
            ("transaction", form["transaction"].as_str()),
            ("csrf", form["csrf"].as_str()),
            ("decision", decision),
        ];
        self.post("/consent", &form).await
    }

    /// From a request to the client's address with a code in it: consents, and signs in.
    pub async fn allow(&mut self, parameters: &[(&str, &str)]) -> String {
        let page = self.authorize(parameters).await.expect(302).header("location").to_owned();
        assert!(page.starts_with(&format!("{}/consent?", self.base)), "{page}");
        let entra = self.consent(&page, "allow").await.expect(303).header("location").to_owned();
        self.sign_in(&entra).await
    }

    /// From the identity provider's address to where its callback sends the browser.
    pub async fn sign_in(&mut self, entra: &str) -> String {
        let callback = self.get(entra).await.expect(302).header("location").to_owned();
        assert!(callback.starts_with(&format!("{}/auth/callback?", self.base)), "{callback}");
        self.get(&callback).await.expect(302).header("location").to_owned()
    }

    /// A code, by a person who allows everything.
    pub async fn code(&mut self, client: &Client, more: &[(&str, &str)]) -> String {
        let challenge = challenge(VERIFIER);
        let mut parameters = client.request(&challenge);
        parameters.extend(more);
        let back = self.allow(&parameters).await;
        query(&back).remove("code").unwrap_or_else(|| panic!("no code in {back}"))
    }

    /// Tokens, by a person who allows everything.
    pub async fn tokens(&mut self, client: &Client, more: &[(&str, &str)]) -> Value {
        let code = self.code(client, more).await;
        client.redeem(&Api::new(&self.base), &code).await.expect(200).json()
    }
}

/// The hidden fields of a page's form.
pub fn hidden(page: &str) -> HashMap<String, String> {
    page.split("type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once('"').expect("a name");
            let value = rest.strip_prefix(" value=\"").expect("a value");
            (name.to_owned(), value.split('"').next().unwrap_or_default().to_owned())
        })
        .collect()
}
