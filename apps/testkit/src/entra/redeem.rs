//! `/token`: codes, refresh tokens, the application for itself, and on behalf of others.

use serde_json::json;

use super::http::{Answer, Form, form};
use super::keys::{hashed, random};
use super::on_behalf;
use super::refusal::Refusal;
use super::scopes::Granted;
use super::state::{State, now};
use super::{CLIENT, CLIENT_SECRET};
use crate::upstreams::ScriptedRequest;

pub(super) fn answer(state: &mut State, tenant: &str, request: &ScriptedRequest) -> Answer {
    let asked = form(request);
    if !state.has_tenant(tenant) {
        let words = format!("Tenant '{tenant}' not found.");
        return Refusal::new("invalid_request", 90_002, words).as_json();
    }
    let result = client(&asked).and_then(|()| match asked.get("grant_type").map(String::as_str) {
        Some("authorization_code") => code(state, &asked),
        Some("refresh_token") => refresh(state, &asked),
        Some("client_credentials") => itself(state, &asked),
        Some(on_behalf::GRANT) => on_behalf::token(state, &asked),
        Some(other) => {
            let words = format!("The app requested an unsupported grant type '{other}'.");
            Err(Refusal::new("unsupported_grant_type", 70_003, words))
        }
        None => Err(Refusal::missing("grant_type")),
    });
    match result {
        Ok(answer) => {
            state.granted.extend(asked.get("grant_type").cloned());
            answer
        }
        Err(refusal) => refusal.as_json(),
    }
}

fn client(asked: &Form) -> Result<(), Refusal> {
    if !State::has_client(asked.get("client_id")) {
        let words = "Application was not found in the directory.";
        return Err(Refusal::new("unauthorized_client", 700_016, words));
    }
    match asked.get("client_secret") {
        None => {
            let words = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Err(Refusal::new("invalid_client", 7_000_218, words))
        }
        Some(secret) if secret != CLIENT_SECRET => {
            let words = "Invalid client secret provided.";
            Err(Refusal::new("invalid_client", 7_000_215, words))
        }
        Some(_) => Ok(()),
    }
}

fn code(state: &mut State, asked: &Form) -> Result<Answer, Refusal> {
    let get = |name: &'static str| asked.get(name).ok_or_else(|| Refusal::missing(name));
    let (name, redirect_uri) = (get("code")?, get("redirect_uri")?);
    if let Some(scope) = asked.get("scope") {
        Granted::parse(Some(scope))?.check_resource(asked.get("resource"))?;
    } else if asked.contains_key("resource") {
        Granted::default().check_resource(asked.get("resource"))?;
    }
    let refused = |number, words: &str| Err(Refusal::new("invalid_grant", number, words));
    let Some(code) = state.codes.get_mut(name) else {
        return refused(70_000, "The provided value for the 'code' parameter is not valid.");
    };
    if code.used {
        return refused(54_005, "OAuth2 Authorization code was already redeemed.");
    }
    code.used = true;
    let code = code.clone();
    if now() >= code.ends_at {
        return refused(70_008, "The provided authorization code has expired.");
    }
    if code.redirect_uri != *redirect_uri {
        return refused(500_112, "The reply address does not match the one of the code.");
    }
    match (&code.challenge, asked.get("code_verifier")) {
        (Some(challenge), Some(verifier)) if *challenge == hashed(verifier) => {}
        (None, None) => {}
        _ => {
            let words = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
            return refused(501_481, words);
        }
    }
    Ok(state.tokens(&code.oid, &code.scopes, code.nonce.as_deref()))
}

fn refresh(state: &mut State, asked: &Form) -> Result<Answer, Refusal> {
    let token = asked.get("refresh_token").ok_or_else(|| Refusal::missing("refresh_token"))?;
    let scopes = asked.get("scope").map(|scope| Granted::parse(Some(scope))).transpose()?;
    scopes.clone().unwrap_or_default().check_resource(asked.get("resource"))?;
    let kept = state.refresh.remove(token).ok_or_else(|| {
        let words =
            "The provided grant has expired due to it being revoked, a fresh auth token is needed.";
        Refusal::new("invalid_grant", 50_173, words)
    })?;
    Ok(state.tokens(&kept.oid, &scopes.unwrap_or(kept.scopes), None))
}

fn itself(state: &mut State, asked: &Form) -> Result<Answer, Refusal> {
    let scope = asked.get("scope").ok_or_else(|| Refusal::missing("scope"))?;
    if scope != "https://graph.microsoft.com/.default"
        && *scope != format!("api://{CLIENT}/.default")
    {
        let words = format!("The provided value for scope {scope} is not valid.");
        return Err(Refusal::new("invalid_scope", 1_002_012, words));
    }
    let token = format!("graph-{}", random());
    state.graph_tokens.push(token.clone());
    let lifetime = state.lifetime;
    Ok(Answer::json(&json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime,
        "access_token": token,
    })))
}
