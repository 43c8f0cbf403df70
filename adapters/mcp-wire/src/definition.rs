//! A tool's or prompt's definition under another name.
//!
//! Definitions are kept as the upstream sent them, because their digest was approved; only the name
//! gets the server's prefix on its way out. So the name's value is cut out and replaced, and every
//! other byte stays.

use bytes::Bytes;
use memchr::memmem;

use crate::members;
use crate::splice::{Edit, object, range_of, splice};

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

/// The definition with another `description`, or with one where it had none. `None` as for
/// [`rename_definition`]; also where it has one that is no text.
pub fn describe_definition(raw: &[u8], description: &str) -> Option<Bytes> {
    let text = std::str::from_utf8(raw).ok()?;
    let [old] = members::read(text, ["description"]).ok()?;
    if members::non_null(old).is_some() {
        return with_text(raw, "description", description);
    }
    if let Some(null) = old {
        let range = range_of(raw, null.get().as_bytes())?;
        let replacement = serde_json::to_vec(description).ok()?.into();
        return splice(raw, &[Edit { range, replacement }]);
    }
    let last = object::find(raw, [])?.last?;
    let end = range_of(raw, last.as_bytes())?.end;
    let mut added = b",\"description\":".to_vec();
    serde_json::to_writer(&mut added, description).ok()?;
    splice(raw, &[Edit { range: end..end, replacement: added.into() }])
}

/// The definition with the address of the tool's own interface (SEP-1865: `_meta.ui.resourceUri`,
/// and `_meta["ui/resourceUri"]` as older hosts read it) replaced by what `renamed` makes of it. A
/// definition that names none, or cannot be read, stays as it is.
pub fn relocate_ui(raw: Bytes, renamed: impl Fn(&str) -> Option<String>) -> Bytes {
    if memmem::find(&raw, b"esourceUri").is_none() {
        return raw;
    }
    relocated_ui(&raw, renamed).unwrap_or(raw)
}

fn relocated_ui(raw: &Bytes, renamed: impl Fn(&str) -> Option<String>) -> Option<Bytes> {
    let text = std::str::from_utf8(raw).ok()?;
    let [meta] = members::read(text, ["_meta"]).ok()?;
    let [ui, flat] = members::read(meta?.get(), ["ui", "ui/resourceUri"]).ok()?;
    let nested = ui
        .and_then(|ui| members::read(ui.get(), ["resourceUri"]).ok())
        .and_then(|[address]| address);
    let mut edits = Vec::with_capacity(2);
    for old in [nested, flat].into_iter().flatten() {
        if let Some(new) = members::string(old).and_then(|old| renamed(&old)) {
            let range = range_of(raw, old.get().as_bytes())?;
            edits.push(Edit { range, replacement: serde_json::to_vec(&new).ok()?.into() });
        }
    }
    edits.sort_by_key(|edit| edit.range.start);
    splice(raw, &edits)
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
    fn a_description_is_replaced_or_added_and_nothing_else_changes() {
        let described = |raw: &str| describe_definition(raw.as_bytes(), "a \"b\"");
        for (raw, expected) in [
            (
                r#"{"name":"t","description" : "x","n":1.0}"#,
                r#"{"name":"t","description" : "a \"b\"","n":1.0}"#,
            ),
            (r#"{"description":null,"name":"t"}"#, r#"{"description":"a \"b\"","name":"t"}"#),
            (r#"{"name":"t" }"#, r#"{"name":"t","description":"a \"b\"" }"#),
        ] {
            assert_eq!(described(raw).unwrap(), expected, "{raw}");
        }
        for raw in ["[]", r#"{"description":"a","description":"b"}"#, r#"{"description":7}"#] {
            assert_eq!(described(raw), None, "{raw}");
        }
    }

    #[test]
    fn the_address_of_a_tools_interface_is_replaced_in_both_spellings() {
        let relocated = |raw: &'static str| {
            let renamed = |uri: &str| uri.strip_prefix("ui://").map(|it| format!("ui://a+{it}"));
            relocate_ui(Bytes::from_static(raw.as_bytes()), renamed)
        };
        assert_eq!(
            relocated(
                r#"{"_meta":{"ui/resourceUri":"ui://f", "ui":{"x":1.0,"resourceUri" : "ui://g"}},"name":"resourceUri"}"#
            ),
            r#"{"_meta":{"ui/resourceUri":"ui://a+f", "ui":{"x":1.0,"resourceUri" : "ui://a+g"}},"name":"resourceUri"}"#
        );
        for same in [
            r#"{"name":"t"}"#,
            r#"{"resourceUri":"ui://f"}"#,
            r#"{"_meta":{"ui":{"resourceUri":7}}}"#,
            r#"{"_meta":{"ui":{"resourceUri":"https://x"}}}"#,
            r#"{"_meta":{"ui":{"resourceUri":"ui://f","resourceUri":"ui://g"}}}"#,
        ] {
            assert_eq!(relocated(same), same);
        }
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
