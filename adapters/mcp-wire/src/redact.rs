//! Arguments as they may be kept in a record: without the values of secrets.
//!
//! The text is copied once, whole runs at a time; a member whose key says that it is a secret gets
//! a marker for a value, whatever the value was. Everything else keeps its spelling. What comes out
//! is always JSON and, but for a short note that it was cut, never longer than asked.

use crate::reply::scanner::{StringScanner, ValueScanner, is_whitespace};

mod words;

/// What stands in place of a secret.
const MARKER: &str = "\"***REDACTED***\"";

/// Copies JSON text with the values of secret members replaced by `"***REDACTED***"`.
///
/// A member is secret if its key has, as one or two whole words of `snake_case`, `kebab-case` or
/// `camelCase`, one of: password(s), passwd, pwd, passphrase, secret(s), clientsecret, token,
/// accesstoken, refreshtoken, bearer, key, apikey(s), privatekey, auth, authorization,
/// credential(s), cookie(s).
///
/// What is no JSON becomes `{"invalid":true,"bytes":N}`; what is longer than `max_bytes` when it is
/// redacted becomes `{"truncated":true,"bytes":N}` (and is not checked any further). `N` is the
/// length of `raw_json`. There is no recursion, so depth costs nothing.
pub fn redact(raw_json: &str, max_bytes: usize) -> String {
    let bytes = raw_json.len();
    match copy(raw_json, max_bytes) {
        None => format!("{{\"truncated\":true,\"bytes\":{bytes}}}"),
        Some(redacted) if is_json(raw_json) => redacted,
        Some(_) => format!("{{\"invalid\":true,\"bytes\":{bytes}}}"),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The redacted copy; `None` if it is too long. What is no JSON is copied somehow.
fn copy(text: &str, max_bytes: usize) -> Option<String> {
    let mut copy = String::with_capacity(text.len().min(max_bytes));
    let mut copied = 0;
    let mut at = 0;
    while let Some(quote) = find_quote(text, at) {
        if copy.len() + (quote - copied) > max_bytes {
            return None;
        }
        at = string_end(text, quote);
        let Some(value) = value_behind_colon(text, at) else { continue };
        if words::is_secret(text.get(quote..at).unwrap_or_default()) {
            append(&mut copy, text.get(copied..value).unwrap_or_default(), max_bytes)?;
            append(&mut copy, MARKER, max_bytes)?;
            copied = value_end(text, value);
            at = copied;
        }
    }
    append(&mut copy, text.get(copied..).unwrap_or_default(), max_bytes)?;
    Some(copy)
}

fn append(copy: &mut String, more: &str, max_bytes: usize) -> Option<()> {
    (copy.len() + more.len() <= max_bytes).then(|| copy.push_str(more))
}

fn find_quote(text: &str, from: usize) -> Option<usize> {
    Some(from + memchr::memchr(b'"', text.as_bytes().get(from..)?)?)
}

/// Behind the closing quote of the string that begins at `quote`.
fn string_end(text: &str, quote: usize) -> usize {
    let inside = text.as_bytes().get(quote + 1..).unwrap_or_default();
    StringScanner::default().scan(inside).map_or(text.len(), |length| quote + 1 + length)
}

/// Where the value of a member begins whose key ends at `at`; `None` if that was no key. In JSON a
/// string is a key if and only if a colon follows.
fn value_behind_colon(text: &str, at: usize) -> Option<usize> {
    let colon = skip_whitespace(text, at)?;
    (text.as_bytes().get(colon) == Some(&b':')).then_some(())?;
    skip_whitespace(text, colon + 1)
}

fn skip_whitespace(text: &str, at: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    Some(at + rest.iter().position(|byte| !is_whitespace(*byte))?)
}

/// Behind the value that begins at `at`.
fn value_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let Some(mut scanner) = bytes.get(at).and_then(|first| ValueScanner::begin(*first)) else {
        return at;
    };
    let rest = bytes.get(at + 1..).unwrap_or_default();
    scanner.scan(rest).map_or(text.len(), |length| at + 1 + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn values_of_every_kind_are_replaced_and_the_rest_keeps_its_spelling() {
        let values = [r#""s\"}ecret""#, "-1e400", "null", "true", r#"[{"a":"]"}]"#, r#"{"a":{}}"#];
        for value in values {
            let text = format!(r#" {{ "n" : 1.0, "api_key" :{value} , "é":"token" }} "#);
            assert_eq!(
                redact(&text, 1000),
                r#" { "n" : 1.0, "api_key" :"***REDACTED***" , "é":"token" } "#
            );
        }
    }

    #[test]
    fn secrets_are_found_at_any_depth_and_after_one_another() {
        let depth = 10_000;
        let text = r#"{"a":["#.repeat(depth)
            + r#"{"token":"x","password":{"token":1},"b":2}"#
            + &"]}".repeat(depth);
        let expected = text.replace("\"x\"", MARKER).replace(r#"{"token":1}"#, MARKER);
        assert_eq!(redact(&text, 1_000_000), expected);
    }

    #[test]
    fn a_value_that_looks_like_a_key_is_none() {
        for text in
            [r#"["token"]"#, r#"{"a":"token"}"#, r#"{"a":"\"token\":1"}"#, r#""token""#, "7"]
        {
            assert_eq!(redact(text, 100), text);
        }
    }

    #[test]
    fn an_escaped_key_is_read_before_it_is_judged() {
        assert_eq!(redact(r#"{"pass\u0077ord":1}"#, 100), r#"{"pass\u0077ord":"***REDACTED***"}"#);
        assert_eq!(redact(r#"{"\ud800":1}"#, 100), r#"{"\ud800":"***REDACTED***"}"#);
    }

    #[test]
    fn what_is_too_long_after_redaction_is_cut_to_its_length() {
        let text = r#"{"token":"a very long secret that goes away","a":1}"#;
        let redacted = r#"{"token":"***REDACTED***","a":1}"#;
        assert_eq!(redact(text, redacted.len()), redacted);
        assert_eq!(redact(text, redacted.len() - 1), r#"{"truncated":true,"bytes":51}"#);
        assert_eq!(redact("{}", 1), r#"{"truncated":true,"bytes":2}"#);
    }

    #[test]
    fn what_is_no_json_is_not_repeated() {
        for text in ["", "{", r#"{"token":}"#, r#"{"token":1"#, r#"{"a":"x}"#, "{} x", r#""a\"#] {
            let expected = format!(r#"{{"invalid":true,"bytes":{}}}"#, text.len());
            assert_eq!(redact(text, 100), expected, "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            "[a\"\\\\:{}é]{0,6}".prop_map(Value::from)
        ];
        let key = prop::sample::select(vec!["token", "a", "max_tokens", "apiKey", "k\"e:y\\", "é"]);
        leaf.prop_recursive(4, 32, 4, move |inner| {
            let member = (key.clone().prop_map(str::to_owned), inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(Value::from),
                prop::collection::btree_map(member.0, member.1, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn redacted(value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(key, value)| {
                    let is_secret = key == "token" || key == "apiKey";
                    let value = if is_secret { json!("***REDACTED***") } else { redacted(value) };
                    (key, value)
                })
                .collect(),
            Value::Array(items) => items.into_iter().map(redacted).collect(),
            leaf => leaf,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn redacted_text_reads_as_the_value_redacted(value in value(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let read: Value = serde_json::from_str(&redact(&text, 100_000)).unwrap();
            prop_assert_eq!(read, redacted(value));
        }

        #[test]
        fn any_text_becomes_json(text in "[{}\\[\\]\",:\\\\akeyé1 ]{0,30}", max_bytes in 30usize..60) {
            let redacted = redact(&text, max_bytes);
            prop_assert!(serde_json::from_str::<Value>(&redacted).is_ok());
            prop_assert!(redacted.len() <= max_bytes.max(40));
        }
    }
}
