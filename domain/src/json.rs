//! One text for all spellings of a JSON document: what stores make of one differs (PostgreSQL sorts
//! members and spells numbers its own way), what it means does not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Number, Value};

/// Below this, a number without a fraction is written as an integer: no `u64` reaches it.
const TOO_LARGE: f64 = 18_446_744_073_709_551_616.0;

/// The document with its members sorted by name, without white space, and each number in the
/// shortest spelling. NUL, which PostgreSQL keeps nowhere, is U+FFFD as it is there.
pub fn normal_form(document: &Value) -> String {
    let mut text = String::new();
    write(document, &mut text);
    text
}

/// The same of a document's text; one that does not read is what it is.
pub fn normal_text(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| text.to_owned(), |document| normal_form(&document))
}

/// A text without the one character that not every store keeps.
pub fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<Cow<'_, str>, &Value> =
                members.iter().map(|(name, member)| (without_nul(name), member)).collect();
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name).to_string());
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&Value::from(without_nul(text)).to_string()),
        Value::Number(number) => out.push_str(&spelled(number)),
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}

fn spelled(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(0.0) => "0".to_owned(),
        Some(whole) if whole.fract() == 0.0 && whole.abs() < TOO_LARGE => format!("{whole:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads_as(written: &str, expected: &str) {
        assert_eq!(normal_form(&serde_json::from_str(written).unwrap()), expected, "{written}");
    }

    #[test]
    fn all_spellings_of_a_document_have_one_text() {
        reads_as(
            r#" {"b": [1, {"d":null,"c":true}], "a":"x"} "#,
            r#"{"a":"x","b":[1,{"c":true,"d":null}]}"#,
        );
        for one in ["1", "1.0", "1e0", "10e-1"] {
            reads_as(one, "1");
        }
        for none in ["0", "-0", "0.0", "-0.0", "0e9"] {
            reads_as(none, "0");
        }
        reads_as("1e2", "100");
        reads_as("18446744073709551615", "18446744073709551615");
        reads_as("-9223372036854775808", "-9223372036854775808");
        reads_as("0.0000001", "1e-7");
        reads_as("10000000000000000000000000", "1e+25");
        reads_as(r#""é\u0000""#, "\"é\u{fffd}\"");
    }
}
