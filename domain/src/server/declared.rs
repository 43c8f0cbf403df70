//! What a server offers as its owner declares it, for one that is not to be asked.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::field::{Step, Violation};
use crate::manifest::{Definition, DefinitionKind, Manifest};

/// The most definitions that may be declared.
const MAX_DEFINITIONS: usize = 1000;

/// The manifest that capabilities declare: their `tools` and `resources`, each an array of names or
/// of definitions; `None` where they declare neither.
///
/// # Errors
/// A [`Violation`] on `capabilities` that says what cannot be served.
pub(super) fn manifest(capabilities: &Map<String, Value>) -> Result<Option<Manifest>, Violation> {
    let mut declared = Vec::new();
    let mut says_so = false;
    for member in ["tools", "resources"] {
        // `{"tools": {"listChanged": true}}` is MCP's own way to speak of them, and names none.
        let Some(Value::Array(items)) = capabilities.get(member) else { continue };
        says_so = true;
        if items.len() > MAX_DEFINITIONS {
            let rule = "must declare at most 1000 of a kind";
            let mut violation = Violation::at("capabilities", "too_long", rule);
            violation.path.push(Step::Member(member.into()));
            return Err(violation);
        }
        for (index, item) in items.iter().enumerate() {
            let definition = if member == "tools" { tool(item) } else { resource(item) };
            declared.push(definition.map_err(|rule| {
                let mut violation = Violation::at("capabilities", "value_error", rule);
                violation.path.push(Step::Member(member.into()));
                violation.path.push(Step::Position(index));
                violation
            })?);
        }
    }
    Ok(says_so.then(|| Manifest::new(declared)))
}

fn tool(item: &Value) -> Result<Definition, String> {
    let mut members = match item {
        Value::String(name) => Map::from_iter([("name".to_owned(), json!(name))]),
        Value::Object(members) => members.clone(),
        _ => return Err("must be a tool's name or definition".to_owned()),
    };
    members.entry("inputSchema").or_insert_with(|| json!({"type": "object"}));
    parsed(DefinitionKind::Tool, &Value::Object(members))
}

fn resource(item: &Value) -> Result<Definition, String> {
    let kind_of = |uri: &str| {
        if uri.contains('{') { DefinitionKind::ResourceTemplate } else { DefinitionKind::Resource }
    };
    match item {
        Value::String(uri) => {
            let kind = kind_of(uri);
            parsed(kind, &json!({kind.identity_member(): uri, "name": uri}))
        }
        Value::Object(members) if members.contains_key("uriTemplate") => {
            parsed(DefinitionKind::ResourceTemplate, item)
        }
        Value::Object(_) => parsed(DefinitionKind::Resource, item),
        _ => Err("must be a resource's URI, URI template or definition".to_owned()),
    }
}

fn parsed(kind: DefinitionKind, definition: &Value) -> Result<Definition, String> {
    Definition::parse(kind, Bytes::from(definition.to_string()))
}
