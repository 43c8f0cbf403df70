//! An MCP server with an authorization server of its own, which keeps the rules of OAuth 2.1: PKCE
//! with S256, exact redirects, the server's own `resource`, codes that are good once, refresh tokens
//! that rotate. Whoever is sent there agrees at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::parse;

use super::handshake::answer_handshake;
use super::http_text::ScriptedRequest;
use super::scripted::Scripted;
use super::scripted_reply::Reply;

/// The secret of the client that is registered from the beginning, `known`.
pub const KNOWN_SECRET: &str = "a-secret-of-the-known-client";

/// The running pair; dropping it closes its port.
pub struct Granting {
    scripted: Scripted,
    state: Arc<Mutex<State>>,
}

struct State {
    registers: bool,
    takes_documents: bool,
    shuts: bool,
    says_issuer: Option<String>,
    changes: Value,
    clients: HashMap<String, String>,
    codes: HashMap<String, Code>,
    access: HashSet<String>,
    refresh: HashSet<String>,
    revoked: Vec<String>,
    refreshes: usize,
    registrations: usize,
    given: usize,
}

struct Code {
    client: String,
    redirect: String,
    challenge: String,
    resource: String,
}

type Form = HashMap<String, String>;

impl Granting {
    /// Starts it on any port. Clients register themselves.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            registers: true,
            takes_documents: false,
            shuts: false,
            says_issuer: None,
            changes: json!({}),
            clients: HashMap::new(),
            codes: HashMap::new(),
            access: HashSet::new(),
            refresh: HashSet::new(),
            revoked: Vec::new(),
            refreshes: 0,
            registrations: 0,
            given: 0,
        }));
        let ours = Arc::clone(&state);
        let scripted = Scripted::start(move |request| ours.lock().answer(request));
        Self { scripted, state }
    }

    /// The MCP endpoint.
    pub fn url(&self) -> String {
        self.scripted.url()
    }

    /// The authorization server's name.
    pub fn issuer(&self) -> String {
        self.scripted.base()
    }

    /// Whether clients register themselves.
    pub fn registers(&self, registers: bool) {
        self.state.lock().registers = registers;
    }

    /// Whether a client's name may be the address of its metadata.
    pub fn takes_documents(&self, takes: bool) {
        self.state.lock().takes_documents = takes;
    }

    /// Takes no token at all any more, or again.
    pub fn shuts(&self, shuts: bool) {
        self.state.lock().shuts = shuts;
    }

    /// Says from now on, when it sends people back, that it is another.
    pub fn says_it_is(&self, issuer: &str) {
        self.state.lock().says_issuer = Some(issuer.to_owned());
    }

    /// Changes members of its metadata.
    pub fn changes_metadata(&self, changes: Value) {
        self.state.lock().changes = changes;
    }

    /// No access token that was given is good any more; refresh tokens are.
    pub fn expires_tokens(&self) {
        self.state.lock().access.clear();
    }

    /// Nothing that was given is good any more.
    pub fn forgets_grants(&self) {
        let mut state = self.state.lock();
        state.access.clear();
        state.refresh.clear();
    }

    /// How often a refresh token was redeemed, or shown in vain.
    pub fn refreshes(&self) -> usize {
        self.state.lock().refreshes
    }

    /// How many clients registered themselves.
    pub fn registrations(&self) -> usize {
        self.state.lock().registrations
    }

    /// The tokens that were given back.
    pub fn revoked(&self) -> Vec<String> {
        self.state.lock().revoked.clone()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<ScriptedRequest> {
        self.scripted.requests()
    }
}

impl State {
    fn answer(&mut self, request: &ScriptedRequest) -> Reply {
        let base = format!("http://{}", request.header("host"));
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match (request.method.as_str(), path) {
            (_, "/mcp") => self.serve(request, &base),
            ("GET", "/who-signs-in") => Reply::json(
                200,
                &json!({
                    "resource": format!("{base}/mcp"), "authorization_servers": [base],
                    "scopes_supported": ["files"],
                }),
            ),
            ("GET", "/.well-known/oauth-authorization-server") => {
                Reply::json(200, &self.metadata(&base))
            }
            ("POST", "/register") if self.registers => self.register(&request.json()),
            ("GET", "/authorize") => self.authorize(&form(query.as_bytes()), &base),
            ("POST", "/token") => {
                let basic = request.header("authorization").to_owned();
                match self.token(&form(&request.body), &basic, &base) {
                    Ok(tokens) => Reply::json(200, &tokens),
                    Err(error) => Reply::json(400, &json!({ "error": error })),
                }
            }
            ("POST", "/revoke") => {
                let token = form(&request.body).remove("token").unwrap_or_default();
                self.refresh.remove(&token);
                self.access.clear();
                self.revoked.push(token);
                Reply::json(200, &json!({}))
            }
            _ => Reply::new(404, "text/plain", "nothing here"),
        }
    }

    /// Lists are open; calls are for those who show a token.
    fn serve(&self, request: &ScriptedRequest, base: &str) -> Reply {
        let method = request.rpc_method();
        let token = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        let is_good = !self.shuts && self.access.contains(token);
        if (matches!(method.as_str(), "tools/call" | "ping") || !token.is_empty()) && !is_good {
            return Reply::bytes().send(format!(
                "HTTP/1.1 401 Scripted\r\nwww-authenticate: Bearer realm=\"upstream-realm\", \
                 resource_metadata=\"{base}/who-signs-in\"\r\ncontent-length: 0\r\n\r\n"
            ));
        }
        answer_handshake(request).unwrap_or_else(|| {
            let content = json!([{ "type": "text", "text": format!("called with {token}") }]);
            Reply::result(request, &json!({ "content": content, "resultType": "complete" }))
        })
    }

    fn metadata(&self, base: &str) -> Value {
        let document = json!({
            "issuer": base,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "revocation_endpoint": format!("{base}/revoke"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": self.takes_documents,
        });
        let changed = self.changes.as_object().into_iter().flatten();
        let changed = changed.map(|(name, value)| (name.clone(), value.clone()));
        let registers = self
            .registers
            .then(|| ("registration_endpoint".to_owned(), json!(format!("{base}/register"))));
        let stated = document.as_object().cloned().unwrap_or_default();
        stated.into_iter().chain(registers).chain(changed).collect()
    }

    fn register(&mut self, wish: &Value) -> Reply {
        self.registrations += 1;
        let id = format!("client-{}", self.registrations);
        let redirect = wish.pointer("/redirect_uris/0").and_then(Value::as_str);
        let redirect = redirect.unwrap_or_default().to_owned();
        self.clients.insert(id.clone(), redirect);
        let answer = json!({ "client_id": id, "token_endpoint_auth_method": "none" });
        Reply::json(201, &answer)
    }

    fn authorize(&mut self, asked: &Form, base: &str) -> Reply {
        let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let (client, redirect) = (get("client_id"), get("redirect_uri"));
        let is_known = client == "known"
            || self.clients.get(&client).is_some_and(|registered| *registered == redirect)
            || (self.takes_documents && client.ends_with("/oauth/client-metadata.json"));
        let is_well = get("response_type") == "code"
            && get("code_challenge_method") == "S256"
            && get("code_challenge").len() == 43
            && get("resource") == format!("{base}/mcp");
        let (true, true, Ok(mut back)) = (is_known, is_well, Url::parse(&redirect)) else {
            return Reply::new(400, "text/plain", "no such request");
        };
        self.given += 1;
        let code = format!("code-of-grant-{}", self.given);
        let issuer = self.says_issuer.clone().unwrap_or_else(|| base.to_owned());
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &get("state"))
            .append_pair("iss", &issuer);
        let challenge = get("code_challenge");
        let kept = Code { client, redirect, challenge, resource: get("resource") };
        self.codes.insert(code, kept);
        Reply::bytes()
            .send(format!("HTTP/1.1 302 Scripted\r\nlocation: {back}\r\ncontent-length: 0\r\n\r\n"))
    }

    fn token(&mut self, asked: &Form, basic: &str, base: &str) -> Result<Value, &'static str> {
        let get = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let known = format!("Basic {}", encoded_basic("known", KNOWN_SECRET));
        if get("client_id").is_empty() && basic != known {
            return Err("invalid_client");
        }
        if get("resource") != format!("{base}/mcp") {
            return Err("invalid_target");
        }
        match get("grant_type") {
            "authorization_code" => {
                let code = self.codes.remove(get("code")).ok_or("invalid_grant")?;
                let hashed =
                    URL_SAFE_NO_PAD.encode(digest(&SHA256, get("code_verifier").as_bytes()));
                let is_its_own = basic == known || code.client == get("client_id");
                let is_well = code.challenge == hashed
                    && code.redirect == get("redirect_uri")
                    && code.resource == get("resource");
                if !(is_its_own && is_well) {
                    return Err("invalid_grant");
                }
            }
            "refresh_token" => {
                self.refreshes += 1;
                if !self.refresh.remove(get("refresh_token")) {
                    return Err("invalid_grant");
                }
            }
            _ => return Err("unsupported_grant_type"),
        }
        self.given += 1;
        let access = format!("access-of-grant-{}", self.given);
        let refresh = format!("refresh-of-grant-{}", self.given);
        self.access.insert(access.clone());
        self.refresh.insert(refresh.clone());
        Ok(json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": refresh,
        }))
    }
}

fn encoded_basic(id: &str, secret: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(format!("{id}:{secret}"))
}

fn form(text: &[u8]) -> Form {
    parse(text).into_owned().collect()
}
