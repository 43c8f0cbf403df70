//! A stand-in for Microsoft Entra ID over real sockets, with Entra's own refusals.
//!
//! | want | take |
//! |---|---|
//! | settings of a program that signs people in here | [`Entra::settings`] |
//! | somebody to sign in | [`Entra::add`], then [`Entra::signs_in`] or `login_hint` in the address |
//! | a browser that signs in | follow the redirect to `/authorize`: it answers at once, no page is shown |
//! | a token as MSAL gets one | [`Entra::access_token`] |
//! | another lifetime, v1 tokens, new keys, an outage | the setters |
//! | what was asked | [`Entra::requests`], [`Entra::grants`] |
//!
//! What Entra refuses is refused here, with its codes: no registration and no RFC 8414 document,
//! `resource` that does not own the scopes (AADSTS9010010), scopes without their application
//! (AADSTS650053), of two resources (AADSTS28000), none at all (AADSTS900144), a redirect address that is
//! not registered, a wrong secret, a code or a verifier that does not fit. Stricter than Entra: a
//! refresh token is good once, so that a program that uses one twice is seen.

mod authorize;
mod graph;
mod http;
mod keys;
mod on_behalf;
mod people;
mod redeem;
mod refusal;
mod scopes;
mod state;
mod tokens;

use std::sync::Arc;

use bytes::BytesMut;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::upstreams::{ScriptedRequest, read_request, running::Running};

pub use http::form;
pub use people::Person;

use http::Answer;
use keys::Key;
use state::{Mood, State};

/// The tenant that is there from the start.
pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// The application that is there from the start.
pub const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// Its secret.
pub const CLIENT_SECRET: &str = "the-secret-of-the-stand-in";

/// Entra on a loopback port.
pub struct Entra {
    running: Running,
    state: Arc<Mutex<State>>,
}

impl Entra {
    /// Begins to answer, with Ada ([`Person::ada`]) and Grace, an administrator by role.
    #[expect(clippy::new_without_default, reason = "listening is not a default value")]
    pub fn new() -> Self {
        Self::on(0)
    }

    /// The same on a port of one's own.
    pub fn on(port: u16) -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let ours = Arc::clone(&state);
        let running = Running::start(port, move |socket| serve(socket, Arc::clone(&ours)));
        state.lock().authority = format!("http://{}", running.address());
        Self { running, state }
    }

    /// Good for `MREG_AZURE_AUTHORITY_HOST` and `MREG_AZURE_GRAPH_HOST`.
    pub fn authority(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// It calls itself by another address from now on: that of a proxy before it.
    pub fn is_behind(&self, authority: &str) {
        authority.clone_into(&mut self.state.lock().authority);
    }

    /// The settings of a program that signs people in here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let authority = self.state.lock().authority.clone();
        vec![
            ("AZURE_TENANT_ID", TENANT.to_owned()),
            ("AZURE_CLIENT_ID", CLIENT.to_owned()),
            ("MREG_AZURE_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("MREG_AZURE_AUTHORITY_HOST", authority.clone()),
            ("MREG_AZURE_GRAPH_HOST", authority),
        ]
    }

    /// Registers an address that browsers may be sent back to.
    pub fn allow_redirect(&self, address: &str) {
        self.state.lock().redirects.push(address.to_owned());
    }

    /// Makes a person known, or changes one (by `oid`).
    pub fn add(&self, person: Person) {
        let mut state = self.state.lock();
        state.people.retain(|known| known.oid != person.oid);
        state.people.push(person);
    }

    /// Who signs in where the address has no `login_hint`: by `oid`, name or email.
    pub fn signs_in(&self, who: &str) {
        who.clone_into(&mut self.state.lock().present);
    }

    /// Nobody consents from now on (AADSTS65004), or everybody does again.
    pub fn declines(&self, declines: bool) {
        self.state.lock().declines = declines;
    }

    /// How long tokens are good, in seconds.
    pub fn lifetime(&self, seconds: i64) {
        self.state.lock().lifetime = seconds;
    }

    /// Makes v1 tokens from now on, or v2 tokens.
    pub fn token_version(&self, version: u8) {
        self.state.lock().v1 = version == 1;
    }

    /// Changes claims of all tokens made from now on: a member `null` takes the claim away.
    pub fn twists(&self, claims: Value) {
        self.state.lock().twist = claims;
    }

    /// Signs with a new key from now on, which is published beside the old ones.
    pub fn rotate_keys(&self) {
        self.state.lock().keys.insert(0, Key::new());
    }

    /// Every connection is closed without an answer, or not any more.
    pub fn is_down(&self, down: bool) {
        self.state.lock().mood = if down { Mood::Down } else { Mood::Up };
    }

    /// Graph answers 503, or not any more.
    pub fn graph_is_down(&self, down: bool) {
        self.state.lock().graph_is_down = down;
    }

    /// Nobody's refresh token is good any more, as after a password was changed.
    pub fn revoke_sessions(&self) {
        self.state.lock().refresh.clear();
    }

    /// An access token for the application, as MSAL gets one.
    pub fn access_token(&self, who: &str) -> String {
        let state = self.state.lock();
        let person = state.person(who).unwrap_or_else(|| panic!("Entra does not know {who}"));
        state.access_token(person, &["access_as_user".to_owned()])
    }

    /// An assertion that a client may act for somebody (ID-JAG), as other providers make them: with
    /// these claims, `aud` and `client_id` among them; a member `null` takes one away.
    pub fn assertion(&self, who: &str, claims: &Value) -> String {
        let state = self.state.lock();
        let person = state.person(who).unwrap_or_else(|| panic!("Entra does not know {who}"));
        state.assertion(person, claims)
    }

    /// Any claims, signed with the present key.
    pub fn sign(&self, claims: &Value) -> String {
        self.state.lock().signing_key().sign(claims)
    }

    /// What was asked so far, in its order.
    pub fn requests(&self) -> Vec<ScriptedRequest> {
        self.state.lock().requests.clone()
    }

    /// How often tokens were given for a kind of grant, `refresh_token` for one.
    pub fn grants(&self, kind: &str) -> usize {
        self.state.lock().granted.iter().filter(|grant| *grant == kind).count()
    }

    /// How often Graph was asked about somebody's groups.
    pub fn graph_calls(&self) -> usize {
        let is_graph = |request: &&ScriptedRequest| request.path.starts_with("/v1.0/");
        self.state.lock().requests.iter().filter(is_graph).count()
    }
}

async fn serve(mut socket: TcpStream, state: Arc<Mutex<State>>) {
    let mut unread = BytesMut::new();
    while let Some(request) = read_request(&mut socket, &mut unread).await {
        let text = {
            let mut state = state.lock();
            state.requests.push(request.clone());
            if state.mood == Mood::Down {
                return;
            }
            answer(&mut state, &request).to_http()
        };
        if socket.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(state: &mut State, request: &ScriptedRequest) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", [tenant, "v2.0", ".well-known", "openid-configuration"]) => {
            Answer::json(&state.discovery(tenant, true))
        }
        ("GET", [tenant, ".well-known", "openid-configuration"]) => {
            Answer::json(&state.discovery(tenant, false))
        }
        ("GET", [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"]) => {
            let keys: Vec<Value> = state.keys.iter().map(Key::jwk).collect();
            Answer::json(&json!({ "keys": keys }))
        }
        ("GET", [tenant, "oauth2", "v2.0", "authorize"]) => {
            authorize::answer(state, tenant, request)
        }
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => redeem::answer(state, tenant, request),
        ("GET", [_, "oauth2", "v2.0", "logout"]) => {
            let form = http::query(&request.path);
            let back = form.get("post_logout_redirect_uri");
            back.map_or_else(|| Answer::text(200, "signed out"), |back| Answer::redirect(back))
        }
        ("POST", ["v1.0", "users", oid, "getMemberObjects"]) => graph::answer(state, oid, request),
        // No registration (RFC 7591), no RFC 8414 document, no metadata of clients.
        _ => Answer::text(404, "AADSTS90002: there is nothing here"),
    }
}
