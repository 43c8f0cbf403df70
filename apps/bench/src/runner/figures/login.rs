//! R247: the whole cycle of a sign-in, of a browser and of an MCP client that was never here, at the
//! stand-in for Entra ID that the tests have.

use std::{path::Path, time::Instant};

use registry_testkit::entra::Entra;
use serde_json::Value;
use url::{Url, form_urlencoded::Serializer};

use super::{
    figure::{Figure, percentile_under},
    stage::ms,
};
use crate::runner::{
    Options, Result,
    http::{self, Answer},
    product::{Product, text},
};

const PROMISED: &str = "p95 < 2000 ms";
const CYCLES: usize = 50;
/// Where the client wants its answers; nobody goes there.
const REDIRECT: &str = "http://127.0.0.1:1/callback";
/// A verifier and its challenge (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Both rows, on a product of its own: people sign in at Entra ID there.
pub fn measure(folder: &Path, options: &Options) -> Result<Vec<Figure>> {
    let entra = Entra::new();
    let of_entra = entra.settings();
    let settings: Vec<(&str, &str)> =
        of_entra.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let product = Product::start(folder, options, &settings)?;
    let (_, port) = product.gateway.rsplit_once(':').ok_or("the gateway has no port")?;
    // As it calls itself.
    let gateway = format!("localhost:{port}");
    for path in ["/auth/callback", "/oauth/callback"] {
        entra.allow_redirect(&format!("http://{gateway}{path}"));
    }
    let metadata = "/.well-known/oauth-authorization-server";
    if http::exchange("GET", &gateway, metadata, &[], "")?.status == 404 {
        let why = "not measured: the gateway is no authorization server here";
        return Ok(vec![Figure::not_measured("R247", "sign-in", PROMISED, why)]);
    }
    let (mut browsers, mut clients) = (vec![], vec![]);
    for _ in 0..CYCLES {
        let began = Instant::now();
        browser_cycle(&gateway)?;
        browsers.push(ms(began.elapsed()));
        let began = Instant::now();
        client_cycle(&gateway)?;
        clients.push(ms(began.elapsed()));
    }
    let row = |what: &str, times: &[f64]| {
        let found = percentile_under(times, 95, 2000.0);
        Figure::plain("R247", format!("{CYCLES} x {what}"), PROMISED, found).with_times(times)
    };
    Ok(vec![
        row("browser: login, callback, userinfo", &browsers),
        row("MCP client: discovery to call and refresh", &clients),
    ])
}

/// A person's browser signs in and asks who it is.
fn browser_cycle(gateway: &str) -> Result<()> {
    let mut browser = Browser::default();
    let here = format!("http://{gateway}");
    let entra = browser.goes(&format!("{here}/oauth/login?return_to=%2F"))?;
    let back = browser.goes(&entra)?;
    browser.goes(&back)?;
    let told = browser.get(&format!("{here}/oauth/userinfo"))?.success("GET /oauth/userinfo")?;
    text(&told, "/user_id")?;
    Ok(())
}

/// A client finds the gateway, registers, has a person consent and sign in, calls, and refreshes.
fn client_cycle(gateway: &str) -> Result<()> {
    let here = format!("http://{gateway}");
    let found = get(gateway, "/.well-known/oauth-protected-resource/mcp")?;
    text(&found, "/authorization_servers/0")?;
    get(gateway, "/.well-known/oauth-authorization-server")?;

    let metadata = serde_json::json!({
        "client_name": "bench", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none",
    });
    let json = [("Content-Type".to_owned(), "application/json".to_owned())];
    let made = http::exchange("POST", gateway, "/register", &json, &metadata.to_string())?;
    let client = text(&made.success("POST /register")?, "/client_id")?;

    let mut browser = Browser::default();
    let wishes = form(&[
        ("response_type", "code"),
        ("client_id", &client),
        ("redirect_uri", REDIRECT),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "bench"),
        ("resource", &format!("{here}/mcp")),
    ]);
    let consent = browser.goes(&format!("{here}/authorize?{wishes}"))?;
    let page = String::from_utf8(browser.get(&consent)?.body)?;
    let answer = form(&[
        ("transaction", hidden(&page, "transaction")?),
        ("csrf", hidden(&page, "csrf")?),
        ("decision", "allow"),
    ]);
    let entra = browser.send("POST", &format!("{here}/consent"), &answer)?;
    let back = browser.goes(&location(&entra)?)?;
    let answered = Url::parse(&browser.goes(&back)?)?;
    let code = answered.query_pairs().find(|(name, _)| name == "code");
    let code = code.ok_or_else(|| format!("no code in {answered}"))?.1.into_owned();

    let tokens = token(
        gateway,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", &client),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ],
    )?;
    call(gateway, &text(&tokens, "/access_token")?)?;
    let refresh = text(&tokens, "/refresh_token")?;
    let next =
        [("grant_type", "refresh_token"), ("client_id", &client), ("refresh_token", &refresh)];
    text(&token(gateway, &next)?, "/access_token")?;
    Ok(())
}

fn get(gateway: &str, path: &str) -> Result<Value> {
    http::exchange("GET", gateway, path, &[], "")?.success(&format!("GET {path}"))
}

fn token(gateway: &str, members: &[(&str, &str)]) -> Result<Value> {
    http::exchange("POST", gateway, "/token", &form_headers(), &form(members))?
        .success("POST /token")
}

/// The first call.
fn call(gateway: &str, token: &str) -> Result<()> {
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", "2025-11-25"),
        ("Authorization", &format!("Bearer {token}")),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let answer = http::exchange("POST", gateway, "/mcp", &headers, list)?.success("POST /mcp")?;
    match answer.pointer("/result/tools") {
        Some(_) => Ok(()),
        None => Err(format!("no tools in {answer}").into()),
    }
}

/// Cookies, and where they belong does not matter: each browser is used for one sign-in.
#[derive(Default)]
struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn send(&mut self, method: &str, address: &str, body: &str) -> Result<Answer> {
        let url = Url::parse(address)?;
        let host = url.host_str().ok_or("an address without a host")?;
        let host = format!("{host}:{}", url.port_or_known_default().ok_or("no port")?);
        let path = address.get(url.origin().ascii_serialization().len()..).unwrap_or("/");
        let mut headers = if body.is_empty() { vec![] } else { form_headers() };
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            headers.push(("Cookie".to_owned(), pairs.join("; ")));
        }
        let answer = http::exchange(method, &host, path, &headers, body)?;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
            let (name, value) = pair.ok_or_else(|| format!("no cookie: {cookie}"))?;
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }

    fn get(&mut self, address: &str) -> Result<Answer> {
        self.send("GET", address, "")
    }

    /// Opens an address; answers where it was sent from there.
    fn goes(&mut self, address: &str) -> Result<String> {
        location(&self.get(address)?)
    }
}

fn location(answer: &Answer) -> Result<String> {
    let said = || String::from_utf8_lossy(&answer.body).into_owned();
    let to = answer.header("location").map(str::to_owned);
    to.ok_or_else(|| format!("{} sends nobody on: {}", answer.status, said()).into())
}

/// What a hidden field of a page's form has.
fn hidden<'a>(page: &'a str, name: &str) -> Result<&'a str> {
    let value = page.split_once(&format!("name=\"{name}\" value=\"")).map(|(_, rest)| rest);
    let value = value.and_then(|rest| rest.split('"').next());
    value.ok_or_else(|| format!("the consent page has no {name}").into())
}

fn form(members: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(members).finish()
}

fn form_headers() -> Vec<(String, String)> {
    vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())]
}
