//! A tool's or prompt's definition under another name.
//!
//! Definitions are kept as the upstream sent them, because their digest was approved; only the name
//! gets the server's prefix on its way out. So the name's value is cut out and replaced, and every
//! other byte stays.

use bytes::Bytes;

use crate::members;
use crate::splice::range_of;

/// The definition with the value of its top-level `uri` (of a resource) or `uriTemplate` (of a
/// template of resources) replaced, all other bytes as they were. As [`rename_definition`].
pub fn relocate_definition(raw: &[u8], member: &'static str, new_uri: &str) -> Option<Bytes> {
    with_text(raw, member, new_uri)
}

/// The definition with the value of its top-level `name` replaced, all other bytes as they were.
///
/// `new_name` is plain text; it is written as a JSON string. `None` if `raw` is no JSON object in
/// UTF-8, has no `name` that is a string, or has it twice or in other letter case.
pub fn rename_definition(raw: &[u8], new_name: &str) -> Option<Bytes> {
    with_text(raw, "name", new_name)
}

/// The object with a member that is a string replaced by another.
pub(crate) fn with_text(raw: &[u8], member: &'static str, new: &str) -> Option<Bytes> {
    let text = std::str::from_utf8(raw).ok()?;
    let [old] = members::read(text, [member]).ok()?;
    let old = old.filter(|old| members::string(old).is_some())?;
    let range = range_of(raw, old.get().as_bytes())?;
    let mut changed = Vec::with_capacity(raw.len() + new.len() + 2);
    changed.extend_from_slice(raw.get(..range.start)?);
    serde_json::to_writer(&mut changed, new).ok()?;
    changed.extend_from_slice(raw.get(range.end..)?);
    Some(Bytes::from(changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(raw: &str, new_name: &str) -> Option<String> {
        let bytes = rename_definition(raw.as_bytes(), new_name)?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn only_the_value_of_the_top_level_name_changes() {
        let raw = r#" {"inputSchema":{"name":"add","maximum":1.0e2}, "name" : "add","title":"\u0061","name2":"add"} "#;
        assert_eq!(
            renamed(raw, "calc__add").unwrap(),
            r#" {"inputSchema":{"name":"add","maximum":1.0e2}, "name" : "calc__add","title":"\u0061","name2":"add"} "#
        );
    }

    #[test]
    fn the_new_name_is_written_as_a_json_string() {
        assert_eq!(renamed(r#"{"name":"a"}"#, "q\"\\\n").unwrap(), r#"{"name":"q\"\\\n"}"#);
        assert_eq!(renamed(r#"{"n\u0061me":"a\"b"}"#, "ä").unwrap(), r#"{"n\u0061me":"ä"}"#);
    }

    #[test]
    fn what_has_no_single_name_is_not_renamed() {
        for raw in [
            "",
            "[]",
            "{}",
            r#"{"name":7}"#,
            r#"{"name":null}"#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","Name":"b"}"#,
            r#"{"name":"a""#,
        ] {
            assert_eq!(renamed(raw, "x"), None, "{raw}");
        }
        assert_eq!(rename_definition(b"{\"name\":\"a\xff\"}", "x"), None);
    }
}
