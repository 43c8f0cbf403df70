//! Microsoft Graph: in which groups somebody is.

use serde_json::json;

use super::http::Answer;
use super::state::State;
use crate::upstreams::ScriptedRequest;

pub(super) fn answer(state: &State, oid: &str, request: &ScriptedRequest) -> Answer {
    let refused = |status, code: &str| {
        Answer::json_with(status, &json!({"error": {"code": code, "message": code}}))
    };
    if state.graph_is_down {
        return refused(503, "ServiceUnavailable");
    }
    let token = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    if !state.graph_tokens.iter().any(|known| known == token) {
        return refused(401, "InvalidAuthenticationToken");
    }
    if !request.json().get("securityEnabledOnly").is_some_and(serde_json::Value::is_boolean) {
        return refused(400, "Request_BadRequest");
    }
    match state.people.iter().find(|person| person.oid == oid) {
        Some(person) => Answer::json(&json!({"value": person.groups})),
        None => refused(404, "Request_ResourceNotFound"),
    }
}
