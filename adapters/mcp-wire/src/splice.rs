//! Changing spans of a borrowed message without encoding it anew.
//!
//! What the gateway does not change has to leave as it came: unknown fields, number spellings
//! (`1.0`, `1e400`), key order, whitespace and escapes. So a change is a list of [`Edit`]s, byte
//! ranges with what replaces them, and [`splice`] makes the one copy.
//!
//! - [`RequestEdit`] (`splice/request.rs`): id, name, URI and `_meta` of a request in one copy
//! - [`MetaEdit`] (`splice/meta.rs`): what a request's `_meta` says about its sender, by era
//! - `splice/progress.rs`: progress tokens on a channel that several calls share
//! - `splice/object.rs`: where the members of an object are; `splice/edits.rs`: edits being gathered
//!
//! Absent on purpose: deep paths. Only the top level, `params` and `params._meta` are changed here.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

mod edits;
mod meta;
pub(crate) mod object;
mod progress;
mod request;

pub use meta::{MetaEdit, to_legacy_meta, to_modern_meta};
pub use progress::{replace_asked_token, replace_told_token, told_token};
pub use request::RequestEdit;

/// One change: the bytes of `range` become `replacement`. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit<'a> {
    /// Which bytes of the original go.
    pub range: Range<usize>,
    /// What stands there instead.
    pub replacement: Cow<'a, [u8]>,
}

/// Where `inner`, a subslice of `outer`, lies in it; `None` if it is no part of it.
pub fn range_of(outer: &[u8], inner: &[u8]) -> Option<Range<usize>> {
    let start = inner.as_ptr().addr().checked_sub(outer.as_ptr().addr())?;
    let end = start.checked_add(inner.len())?;
    (end <= outer.len()).then_some(start..end)
}

/// Copies `original` with the edits made; `None` unless they are in order, apart from each other
/// and inside.
pub fn splice(original: &[u8], edits: &[Edit<'_>]) -> Option<Bytes> {
    let added: usize = edits.iter().map(|edit| edit.replacement.len()).sum();
    let mut copy = Vec::with_capacity(original.len().checked_add(added)?);
    let mut copied = 0;
    for edit in edits {
        copy.extend_from_slice(original.get(copied..edit.range.start)?);
        copy.extend_from_slice(&edit.replacement);
        copied = edit.range.end;
        if copied < edit.range.start {
            return None;
        }
    }
    copy.extend_from_slice(original.get(copied..)?);
    Some(Bytes::from(copy))
}

/// Gives a message this id (raw JSON), whether or not it had one.
///
/// `None` if the message is no JSON object or has two ids.
pub fn replace_id(message: &[u8], new_id_json: &str) -> Option<Bytes> {
    RequestEdit { id: Some(new_id_json), ..RequestEdit::default() }.apply(message)
}

/// Gives a string member of `params` (`name`, `uri`, `taskId`) a new value (plain text).
///
/// `None` if there is no such member, if it is given twice or if it is no string.
pub fn replace_param_string(message: &[u8], member: &str, new: &str) -> Option<Bytes> {
    let [params] = object::find(message, ["params"])?.values;
    let [old] = object::find(params?.as_bytes(), [member])?.values;
    let edit = replace_string(message, old?, new)?;
    splice(message, &[edit])
}

/// The edit that makes the JSON string `old`, a part of `message`, say `new`.
fn replace_string(message: &[u8], old: &str, new: &str) -> Option<Edit<'static>> {
    let range = range_of(message, old.as_bytes()).filter(|_| old.starts_with('"'))?;
    Some(Edit { range, replacement: Cow::Owned(serde_json::to_vec(new).ok()?) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(range: Range<usize>, replacement: &'static str) -> Edit<'static> {
        Edit { range, replacement: Cow::Borrowed(replacement.as_bytes()) }
    }

    #[test]
    fn a_part_of_a_message_is_found_and_a_stranger_is_not() {
        let message = b"0123456789".to_vec();
        let stranger = b"345".to_vec();
        assert_eq!(range_of(&message, &message[3..6]), Some(3..6));
        assert_eq!(range_of(&message, &message), Some(0..10));
        assert_eq!(range_of(&message, &message[10..]), Some(10..10));
        assert_eq!(range_of(&message, &stranger), None);
        assert_eq!(range_of(&message[4..], &message[3..6]), None);
        assert_eq!(range_of(&message[..5], &message[3..6]), None);
    }

    #[test]
    fn edits_replace_insert_and_remove() {
        let edits = [edit(0..1, "A"), edit(2..2, "+"), edit(2..2, "-"), edit(4..6, "")];
        assert_eq!(splice(b"0123456", &edits).unwrap(), "A1+-236");
        assert_eq!(splice(b"01", &[]).unwrap(), "01");
    }

    #[test]
    fn edits_that_overlap_or_lie_outside_are_refused() {
        assert_eq!(splice(b"0123", &[edit(0..2, ""), edit(1..3, "")]), None);
        assert_eq!(splice(b"0123", &[edit(2..3, ""), edit(0..1, "")]), None);
        assert_eq!(splice(b"0123", &[edit(3..5, "")]), None);
        let (start, end) = (3, 1);
        assert_eq!(splice(b"0123", &[edit(start..end, "")]), None);
    }

    #[test]
    fn an_id_is_replaced_where_it_stands() {
        let message = br#" { "id" : 1e400 , "params":{"id":1.0}, "method":"x" } "#;
        assert_eq!(
            replace_id(message, r#""g-1""#).unwrap(),
            r#" { "id" : "g-1" , "params":{"id":1.0}, "method":"x" } "#
        );
    }

    #[test]
    fn an_escaped_spelling_of_a_key_is_that_key() {
        let message = br#"{"\u0069d":1,"method":"x"}"#;
        assert_eq!(replace_id(message, "2").unwrap(), r#"{"\u0069d":2,"method":"x"}"#);
    }

    #[test]
    fn a_missing_id_is_added() {
        assert_eq!(replace_id(br#"{"method":"x" }"#, "7").unwrap(), r#"{"method":"x","id":7 }"#);
        assert_eq!(replace_id(b"{ }", "7").unwrap(), r#"{"id":7 }"#);
    }

    #[test]
    fn a_message_with_two_ids_or_none_at_all_is_refused() {
        for message in [r#"{"id":1,"\u0069d":2}"#, "[]", "7", "", "{", r#"{"id":1} x"#] {
            assert_eq!(replace_id(message.as_bytes(), "3"), None, "{message}");
        }
    }

    #[test]
    fn a_name_is_replaced_and_written_as_json() {
        let message = br#"{"params":{"x":"name","name":"a\u005fb","arguments":{"name":"n"}}}"#;
        assert_eq!(
            replace_param_string(message, "name", "q\"\n").unwrap(),
            r#"{"params":{"x":"name","name":"q\"\n","arguments":{"name":"n"}}}"#
        );
    }

    #[test]
    fn a_name_that_is_missing_doubled_or_no_string_is_refused() {
        for params in [r#"{"uri":"u"}"#, r#"{"name":7}"#, r#"{"name":"a","name":"b"}"#, "[]"] {
            let message = format!(r#"{{"params":{params}}}"#);
            assert_eq!(replace_param_string(message.as_bytes(), "name", "n"), None, "{params}");
        }
        assert_eq!(replace_param_string(br#"{"name":"n"}"#, "name", "m"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn splicing_never_panics(starts in prop::collection::vec((0usize..12, 0usize..12), 0..4)) {
            let edits: Vec<_> =
                starts.into_iter().map(|(start, end)| edit(start..end, "x")).collect();
            let sound = edits.iter().all(|edit| edit.range.start <= edit.range.end)
                && edits.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start)
                && edits.iter().all(|edit| edit.range.end <= 10);
            prop_assert_eq!(splice(b"0123456789", &edits).is_some(), sound);
        }
    }
}
