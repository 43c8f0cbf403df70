//! What a server with a handshake may ask of the client behind the gateway.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The methods that pass; each needs the capability of its name's first word, but `ping`.
const METHODS: [&str; 4] = ["elicitation/create", "sampling/createMessage", "roots/list", "ping"];

/// Whether a server's request is passed on to the client.
pub fn may_be_asked(method: &str) -> bool {
    METHODS.contains(&method)
}

/// Of a client's `params` of `initialize`, the capabilities that a server is told of: those by
/// which it may ask, as a JSON object. What only notifications of the client would make use of, as
/// of changed roots, is left out, because none are passed on.
pub fn capabilities_to_tell(initialize_params: Option<&RawValue>) -> String {
    #[derive(serde::Deserialize)]
    struct Params {
        capabilities: Map<String, Value>,
    }
    let told = initialize_params
        .and_then(|params| serde_json::from_str::<Params>(params.get()).ok())
        .map(|params| params.capabilities)
        .unwrap_or_default();
    let mut kept = Map::new();
    for name in ["elicitation", "sampling", "roots"] {
        if let Some(capability) = told.get(name).filter(|capability| capability.is_object()) {
            let capability = if name == "roots" { json!({}) } else { capability.clone() };
            kept.insert(name.to_owned(), capability);
        }
    }
    Value::Object(kept).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_by_what_they_may_ask_and_of_nothing_else() {
        let params = r#"{"protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true},"elicitation":{"form":{},"url":{}},"tasks":{},"sampling":7}}"#;
        let raw: Box<RawValue> = serde_json::from_str(params).unwrap();
        let told = capabilities_to_tell(Some(&raw));
        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(value, json!({"elicitation": {"form": {}, "url": {}}, "roots": {}}));
        assert_eq!(capabilities_to_tell(None), "{}");
        assert!(may_be_asked("ping") && !may_be_asked("tools/call"));
    }
}
