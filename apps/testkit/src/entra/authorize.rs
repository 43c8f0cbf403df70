//! `/authorize`: signs somebody in at once, without a page, or refuses as Entra does.

use url::Url;

use super::CLIENT;
use super::http::{Answer, query};
use super::refusal::Refusal;
use super::scopes::Granted;
use super::state::{Code, State, now};
use super::tokens::CODE_LIFETIME;
use crate::upstreams::ScriptedRequest;

pub(super) fn answer(state: &mut State, tenant: &str, request: &ScriptedRequest) -> Answer {
    let asked = query(&request.path);
    let get = |name: &str| asked.get(name);
    if !state.has_tenant(tenant) {
        let words = format!("Tenant '{tenant}' not found.");
        return Refusal::new("invalid_request", 90_002, words).as_page();
    }
    if !State::has_client(get("client_id")) {
        let words = "Application was not found in the directory.";
        return Refusal::new("unauthorized_client", 700_016, words).as_page();
    }
    let redirect = get("redirect_uri").filter(|uri| state.redirects.contains(uri));
    let Some(mut back) = redirect.and_then(|uri| Url::parse(uri).ok()) else {
        let words = format!(
            "The redirect URI specified in the request does not match the redirect URIs configured for the application '{CLIENT}'."
        );
        return Refusal::new("invalid_request", 50_011, words).as_page();
    };
    let outcome = granted(state, get).map(|scopes| {
        let who = get("login_hint").unwrap_or(&state.present);
        let oid = state.person(who).map(|person| person.oid.clone());
        (scopes, oid)
    });
    let parameters = match outcome {
        Err(refusal) => {
            vec![("error", refusal.error.to_owned()), ("error_description", refusal.description())]
        }
        Ok((_, None)) => vec![("error", "login_required".to_owned())],
        Ok((scopes, Some(oid))) => {
            let code = state.new_code(Code {
                oid,
                redirect_uri: get("redirect_uri").cloned().unwrap_or_default(),
                challenge: get("code_challenge").cloned(),
                nonce: get("nonce").cloned(),
                scopes,
                ends_at: now() + CODE_LIFETIME,
                used: false,
            });
            vec![("code", code), ("session_state", "stand-in".to_owned())]
        }
    };
    {
        let mut pairs = back.query_pairs_mut();
        for (name, value) in &parameters {
            pairs.append_pair(name, value);
        }
        if let Some(given) = get("state") {
            pairs.append_pair("state", given);
        }
    }
    Answer::redirect(back.as_str())
}

fn granted<'a>(
    state: &State,
    get: impl Fn(&str) -> Option<&'a String>,
) -> Result<Granted, Refusal> {
    let refused = |error, number, words: &str| Err(Refusal::new(error, number, words));
    if get("response_type").is_none_or(|kind| kind != "code") {
        return refused("unsupported_response_type", 700_054, "The response_type is not enabled.");
    }
    if get("response_mode").is_some_and(|mode| mode != "query") {
        return refused("invalid_request", 70_007, "The response_mode is not supported here.");
    }
    if get("code_challenge").is_some()
        && get("code_challenge_method").is_none_or(|method| method != "S256")
    {
        return refused(
            "invalid_request",
            501_491,
            "Invalid size or method of the Code_Challenge.",
        );
    }
    if state.declines {
        return refused("access_denied", 65_004, "User declined to consent to access the app.");
    }
    let scopes = Granted::parse(get("scope"))?;
    scopes.check_resource(get("resource"))?;
    Ok(scopes)
}
