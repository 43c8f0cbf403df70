//! What a client can be asked, as servers are told of it.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::revision::Revision;

/// The capabilities by which a server may ask; each has its method's first word.
const CAPABILITIES: [&str; 3] = ["elicitation", "sampling", "roots"];

/// Whether a server may ask a client for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayAsk {
    /// It may.
    Yes,
    /// The client did not say that it can do this: the capability's name.
    Undeclared(&'static str),
    /// No client is ever asked this.
    Never,
}

/// Whether a server may ask by this method, of a client with these capabilities (as told, a JSON
/// object). A `ping` needs none. An elicitation at an address of its own needs more than one by a
/// form, which an empty capability means (2025-11-25).
pub fn may_ask(method: &str, params: Option<&RawValue>, capabilities_json: &str) -> MayAsk {
    let name = match method {
        "ping" => return MayAsk::Yes,
        "elicitation/create" => "elicitation",
        "sampling/createMessage" => "sampling",
        "roots/list" => "roots",
        _ => return MayAsk::Never,
    };
    let told: Map<String, Value> = serde_json::from_str(capabilities_json).unwrap_or_default();
    let Some(Value::Object(capability)) = told.get(name) else { return MayAsk::Undeclared(name) };
    if name != "elicitation" {
        return MayAsk::Yes;
    }
    let by_address = is_by_address(params);
    match (by_address, capability.contains_key("url"), capability.contains_key("form")) {
        (true, false, _) => MayAsk::Undeclared("elicitation.url"),
        (false, true, false) => MayAsk::Undeclared("elicitation.form"),
        _ => MayAsk::Yes,
    }
}

/// Whether a client with these capabilities (as told, a JSON object) opens an address that it is
/// asked to open.
pub fn opens_addresses(capabilities_json: &str) -> bool {
    let told: Map<String, Value> = serde_json::from_str(capabilities_json).unwrap_or_default();
    told.get("elicitation").and_then(|elicitation| elicitation.get("url")).is_some()
}

fn is_by_address(params: Option<&RawValue>) -> bool {
    #[derive(serde::Deserialize)]
    struct Mode<'a> {
        #[serde(borrow, default)]
        mode: std::borrow::Cow<'a, str>,
    }
    params
        .and_then(|params| serde_json::from_str::<Mode<'_>>(params.get()).ok())
        .is_some_and(|params| params.mode == "url")
}

/// Of a client's `params` of `initialize`, the capabilities that a server is told of: those by
/// which it may ask, as a JSON object. What only notifications of the client would make use of, as
/// of changed roots, is left out, because none are passed on; so is what the client's revision does
/// not know.
pub fn capabilities_to_tell(initialize_params: Option<&RawValue>, revision: Revision) -> String {
    #[derive(serde::Deserialize)]
    struct Params {
        capabilities: Map<String, Value>,
    }
    let told = initialize_params
        .and_then(|params| serde_json::from_str::<Params>(params.get()).ok())
        .map(|params| params.capabilities)
        .unwrap_or_default();
    let mut kept = kept(&told);
    if revision < Revision::V2025_06_18 {
        kept.remove("elicitation");
    } else if revision < Revision::V2025_11_25
        && let Some(elicitation) = kept.get_mut("elicitation")
    {
        *elicitation = json!({});
    }
    Value::Object(kept).to_string()
}

/// As [`capabilities_to_tell`], of the capabilities that a modern request carries in `_meta`.
/// Nothing that a server may ask is an empty text.
pub fn capabilities_of_request(capabilities: Option<&RawValue>) -> String {
    let Some(raw) = capabilities.filter(|raw| raw.get() != "{}") else { return String::new() };
    let told: Map<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
    let kept = kept(&told);
    if kept.is_empty() { String::new() } else { Value::Object(kept).to_string() }
}

fn kept(told: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in CAPABILITIES {
        if let Some(capability) = told.get(name).filter(|capability| capability.is_object()) {
            let capability = if name == "roots" { json!({}) } else { capability.clone() };
            kept.insert(name.to_owned(), capability);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn servers_are_told_by_what_they_may_ask_and_of_nothing_else() {
        let params = raw(
            r#"{"protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true},"elicitation":{"form":{},"url":{}},"tasks":{},"sampling":7}}"#,
        );
        let told = |revision| read(&capabilities_to_tell(Some(&params), revision));
        assert_eq!(
            told(Revision::V2025_11_25),
            json!({"elicitation": {"form": {}, "url": {}}, "roots": {}})
        );
        assert_eq!(told(Revision::V2025_06_18), json!({"elicitation": {}, "roots": {}}));
        assert_eq!(told(Revision::V2025_03_26), json!({"roots": {}}));
        assert_eq!(capabilities_to_tell(None, Revision::V2025_11_25), "{}");
    }

    #[test]
    fn a_request_that_can_be_asked_nothing_tells_nothing() {
        for none in ["{}", r#"{"extensions":{}}"#, r#"{"elicitation":true}"#, "7"] {
            assert_eq!(capabilities_of_request(Some(&raw(none))), "", "{none}");
        }
        assert_eq!(capabilities_of_request(None), "");
        let told = capabilities_of_request(Some(&raw(r#"{"x":{},"sampling":{"tools":{}}}"#)));
        assert_eq!(read(&told), json!({"sampling": {"tools": {}}}));
    }

    #[test]
    fn only_what_was_declared_is_asked() {
        let all = r#"{"elicitation":{},"sampling":{},"roots":{}}"#;
        for method in ["ping", "elicitation/create", "sampling/createMessage", "roots/list"] {
            assert_eq!(may_ask(method, None, all), MayAsk::Yes, "{method}");
        }
        assert_eq!(may_ask("tools/call", None, all), MayAsk::Never);
        assert_eq!(may_ask("roots/list", None, "{}"), MayAsk::Undeclared("roots"));
        assert_eq!(may_ask("ping", None, "{}"), MayAsk::Yes);
    }

    #[test]
    fn an_elicitation_by_address_needs_more_than_one_by_form() {
        let url = raw(r#"{"mode":"url","url":"https://example.com"}"#);
        let form = raw(r#"{"mode":"form","message":"m"}"#);
        let may = |params: &RawValue, told| may_ask("elicitation/create", Some(params), told);
        assert!(opens_addresses(r#"{"elicitation":{"url":{}}}"#));
        for other in [r#"{"elicitation":{}}"#, r#"{"elicitation":{"form":{}}}"#, "{}", ""] {
            assert!(!opens_addresses(other), "{other}");
        }
        assert_eq!(may(&url, r#"{"elicitation":{}}"#), MayAsk::Undeclared("elicitation.url"));
        assert_eq!(may(&url, r#"{"elicitation":{"url":{}}}"#), MayAsk::Yes);
        assert_eq!(
            may(&form, r#"{"elicitation":{"url":{}}}"#),
            MayAsk::Undeclared("elicitation.form")
        );
        assert_eq!(may(&form, r#"{"elicitation":{"url":{},"form":{}}}"#), MayAsk::Yes);
    }
}
