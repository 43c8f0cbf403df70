//! The on-behalf-of flow: a person's token for the application, for one of theirs for another
//! application. What is given out is opaque: it names the person, and how many there were before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::CLIENT;
use super::http::{Answer, Form};
use super::refusal::Refusal;
use super::state::{State, now};

/// The grant as Entra names it.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

pub(super) fn token(state: &State, asked: &Form) -> Result<Answer, Refusal> {
    let get = |name: &'static str| asked.get(name).ok_or_else(|| Refusal::missing(name));
    let (assertion, scope) = (get("assertion")?, get("scope")?);
    if get("requested_token_use")? != "on_behalf_of" {
        let words = "The requested_token_use must be 'on_behalf_of'.";
        return Err(Refusal::new("invalid_request", 900_144, words));
    }
    let invalid = |words: &str| Refusal::new("invalid_grant", 50_013, words);
    let claims = claims_of(state, assertion)
        .ok_or_else(|| invalid("Assertion failed signature validation."))?;
    let told = |name: &str| claims.get(name).unwrap_or(&Value::Null);
    let is_ours = [CLIENT.to_owned(), format!("api://{CLIENT}")]
        .iter()
        .any(|audience| told("aud") == audience);
    if !is_ours || told("scp").is_null() {
        return Err(invalid("Assertion audience does not match the Client app presenting it."));
    }
    if told("exp").as_i64().is_none_or(|end| now() >= end) {
        return Err(Refusal::new(
            "invalid_grant",
            500_133,
            "Assertion is not within its valid time range.",
        ));
    }
    // Of the scopes that there are anywhere, those of one other application are known here.
    if !scope.split(' ').all(|one| one.starts_with("api://upstream/")) {
        let words = format!("The resource principal of {scope} was not found.");
        return Err(Refusal::new("invalid_resource", 500_011, words));
    }
    let oid = told("oid").as_str().unwrap_or_default();
    let Some(person) = state.person(oid) else {
        return Err(invalid("The user account does not exist."));
    };
    let name = person.name.split(' ').next().unwrap_or_default().to_lowercase();
    let before = state.granted.iter().filter(|grant| *grant == GRANT).count();
    Ok(Answer::json(&json!({
        "token_type": "Bearer", "scope": scope, "expires_in": state.lifetime,
        "ext_expires_in": state.lifetime,
        "access_token": format!("on-behalf-of-{name}-{before}"),
    })))
}

/// What a token of ours says.
fn claims_of(state: &State, token: &str) -> Option<Value> {
    let (message, signature) = token.rsplit_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let is_signed = state.keys.iter().any(|key| key.signed(message, &signature));
    let payload = URL_SAFE_NO_PAD.decode(message.split_once('.')?.1).ok()?;
    serde_json::from_slice(&payload).ok().filter(|_| is_signed)
}
