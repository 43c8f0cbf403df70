//! A schema in words: its type, its rules, and its members one below the other.

use std::fmt::Write as _;

use serde_json::Value;

use super::html::Html;
use super::{resolved, text};

/// How deep members are shown in members: a schema that contains itself ends here.
const DEPTH: u8 = 6;

/// The members of a schema, as a list that opens further where they have members too.
pub(super) fn write(page: &mut Html, document: &Value, schema: &Value) {
    write_at(page, document, schema, DEPTH);
}

fn write_at(page: &mut Html, document: &Value, schema: &Value, depth: u8) {
    let schema = element(document, schema);
    let Some(members) = schema.get("properties").and_then(Value::as_object) else { return };
    let required = |name: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|word| word == name))
    };
    page.raw("<dl>\n");
    // Those that have to be there first, each group by name.
    for wanted in [true, false] {
        for (name, member) in members.iter().filter(|(name, _)| required(name) == wanted) {
            page.raw("<dt><code>").text(name).raw("</code> <i>").text(&kind(document, member));
            page.raw("</i>").raw(if wanted { " <b class=\"required\">required</b>" } else { "" });
            page.raw("</dt>\n<dd>");
            describe(page, document, member);
            let inner = element(document, member);
            if depth > 0 && inner.get("properties").is_some() {
                page.raw("<details><summary>members</summary>\n");
                write_at(page, document, member, depth.saturating_sub(1));
                page.raw("</details>");
            }
            page.raw("</dd>\n");
        }
    }
    page.raw("</dl>\n");
}

/// What a value is for and which rules it keeps.
pub(super) fn describe(page: &mut Html, document: &Value, schema: &Value) {
    let own = text(schema, "/description");
    let inner = choice(schema).unwrap_or(schema);
    let words = if own.is_empty() { text(inner, "/description") } else { own };
    let words =
        if words.is_empty() { text(resolved(document, inner), "/description") } else { words };
    page.inline(words);
    let rules = rules(resolved(document, inner));
    if !rules.is_empty() {
        page.raw(" <span class=\"rules\">").text(&rules).raw("</span>");
    }
}

/// The type in a few words, such as `list of string, or null`.
pub(super) fn kind(document: &Value, schema: &Value) -> String {
    if let Some(inner) = choice(schema) {
        return format!("{}, or null", kind(document, inner));
    }
    let shown = resolved(document, schema);
    let format = text(shown, "/format");
    let kinds: Vec<&str> = match shown.get("type") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name],
        _ => vec!["any"],
    };
    let named = |name: &str| match name {
        "array" => match shown.get("items") {
            Some(item) => format!("list of {}", kind(document, item)),
            None => "list".to_owned(),
        },
        "string" if !format.is_empty() => format!("string ({format})"),
        name => name.to_owned(),
    };
    kinds.into_iter().map(named).collect::<Vec<_>>().join(", or ")
}

/// The schema that a nullable one is otherwise.
fn choice(schema: &Value) -> Option<&Value> {
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    choices.iter().find(|choice| text(choice, "/type") != "null")
}

/// What a list has as entries, or what a nullable one is otherwise.
fn element<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(document, choice(schema).unwrap_or(schema));
    match schema.get("items") {
        Some(item) => resolved(document, item),
        None => schema,
    }
}

fn rules(schema: &Value) -> String {
    let mut rules = String::new();
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        rules.push_str("one of ");
        rules.push_str(&words.join(", "));
    }
    for (rule, words) in [
        ("minLength", "at least this long"),
        ("maxLength", "at most this long"),
        ("minimum", "from"),
        ("maximum", "to"),
        ("maxItems", "at most this many"),
        ("pattern", "matches"),
        ("default", "default"),
    ] {
        let Some(value) = schema.get(rule) else { continue };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let comma = if rules.is_empty() { "" } else { "; " };
        // Writing into a string does not fail.
        let _ = write!(rules, "{comma}{words}: {value}");
    }
    rules
}
