//! What a request's `params._meta` says about its sender, by era.
//!
//! A modern request carries in `_meta` what a legacy one settled in the handshake (2026-07-28,
//! "per-request `_meta`"). Towards a modern upstream the gateway puts those keys in, towards a
//! legacy one it takes them out, and everything else (`progressToken`, trace context, vendor
//! keys) passes untouched.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;

use super::object;
use super::request::{Edits, RequestEdit};
use crate::revision::Revision;

const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const KEYS: [&str; 4] = [PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES, LOG_LEVEL];

/// What happens to the keys of `params._meta` that a modern request has and a legacy one has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetaEdit<'a> {
    /// They stay as they are.
    #[default]
    Keep,
    /// They are set; `params` and `_meta` are made where there are none.
    ToModern {
        /// `clientInfo`, as JSON.
        client_info: &'a str,
        /// `clientCapabilities`, as JSON.
        client_capabilities: &'a str,
        /// `logLevel`, as plain text; `None` leaves what the request has.
        log_level: Option<&'a str>,
    },
    /// They are taken out.
    ToLegacy,
}

/// Makes a request a modern one: see [`MetaEdit::ToModern`].
///
/// `None` if the message is no object, or if `params` or `_meta` is neither object nor `null`, or
/// if a member that matters here is given twice.
pub fn to_modern_meta(
    message: &[u8],
    client_info_json: &str,
    client_capabilities_json: &str,
    log_level: Option<&str>,
) -> Option<Bytes> {
    let meta = MetaEdit::ToModern {
        client_info: client_info_json,
        client_capabilities: client_capabilities_json,
        log_level,
    };
    RequestEdit { meta, ..RequestEdit::default() }.apply(message)
}

/// Makes a request a legacy one: see [`MetaEdit::ToLegacy`].
///
/// `None` if the message is no object or has `params` or `_meta` twice.
pub fn to_legacy_meta(message: &[u8]) -> Option<Bytes> {
    RequestEdit { meta: MetaEdit::ToLegacy, ..RequestEdit::default() }.apply(message)
}

/// Sets `keys` in `params`, whose last value is `last` and whose `_meta` is `meta`, if any.
pub(super) fn set(
    edits: &mut Edits<'_>,
    keys: &[(&str, Cow<'_, str>)],
    params: &str,
    last: Option<&str>,
    meta: Option<&str>,
) -> Option<()> {
    match meta {
        None => edits.add_member(params, last, &format!("\"_meta\":{}", whole(keys))),
        Some("null") => edits.replace(meta?, whole(keys)),
        Some(object) => set_in(edits, keys, object),
    }
}

/// A `_meta` object of these keys only.
pub(super) fn whole(keys: &[(&str, Cow<'_, str>)]) -> String {
    format!("{{{}}}", members(keys.iter()))
}

/// The keys of [`MetaEdit::ToModern`] with their values as JSON.
pub(super) fn modern_keys<'a>(
    client_info: &'a str,
    client_capabilities: &'a str,
    log_level: Option<&str>,
) -> Option<Vec<(&'static str, Cow<'a, str>)>> {
    let mut keys = vec![
        (PROTOCOL_VERSION, Cow::Owned(format!("\"{}\"", Revision::MODERN))),
        (CLIENT_INFO, Cow::Borrowed(client_info)),
        (CLIENT_CAPABILITIES, Cow::Borrowed(client_capabilities)),
    ];
    if let Some(level) = log_level {
        keys.push((LOG_LEVEL, Cow::Owned(serde_json::to_string(level).ok()?)));
    }
    Some(keys)
}

fn set_in(edits: &mut Edits<'_>, keys: &[(&str, Cow<'_, str>)], meta: &str) -> Option<()> {
    let found = object::find(meta.as_bytes(), KEYS)?;
    let mut missing = Vec::with_capacity(keys.len());
    for (key, old) in keys.iter().zip(found.values) {
        match old {
            Some(old) => edits.replace(old, key.1.to_string())?,
            None => missing.push(key),
        }
    }
    if missing.is_empty() {
        return Some(());
    }
    edits.add_member(meta, found.last, &members(missing.into_iter()))
}

fn members<'k>(keys: impl Iterator<Item = &'k (&'k str, Cow<'k, str>)>) -> String {
    let mut text = String::with_capacity(256);
    for (key, value) in keys {
        let comma = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{comma}\"{key}\":{value}");
    }
    text
}

/// Takes the four keys out of `meta`, each with the comma that it no longer needs.
pub(super) fn strip(edits: &mut Edits<'_>, meta: &str) -> Option<()> {
    // The end of the member before, if a kept one came before; else where the leading run of
    // members to drop began.
    let mut previous_end = None;
    let mut run: Option<(usize, usize)> = None;
    let mut ranges = Vec::new();
    let message = edits.message();
    object::each_member(meta.as_bytes(), |member| {
        let span = super::range_of(message, member.key.as_bytes())
            .zip(super::range_of(message, member.value.as_bytes()));
        let Some((key, value)) = span else { return };
        let is_dropped = KEYS.contains(&object::decode_key(member.key).as_ref());
        match (is_dropped, previous_end) {
            (true, Some(end)) => ranges.push(end..value.end),
            (true, None) => run = Some((run.map_or(key.start, |(start, _)| start), value.end)),
            (false, _) => {
                if let Some((start, _)) = run.take() {
                    ranges.push(start..key.start);
                }
            }
        }
        if !is_dropped || previous_end.is_some() {
            previous_end = Some(value.end);
        }
    })?;
    if let Some((start, end)) = run {
        ranges.push(start..end);
    }
    for range in ranges {
        edits.remove(range);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = r#"{"name":"c"}"#;
    const SET: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{}"#;

    fn modern(message: &str) -> Option<String> {
        to_modern_meta(message.as_bytes(), INFO, "{}", None)
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    fn legacy(meta: &str) -> String {
        let message = format!(r#"{{"params":{{"_meta":{meta},"name":"n"}}}}"#);
        let legacy = to_legacy_meta(message.as_bytes()).unwrap();
        let text = String::from_utf8(legacy.to_vec()).unwrap();
        let rest = text.strip_prefix(r#"{"params":{"_meta":"#).unwrap();
        rest.strip_suffix(r#","name":"n"}}"#).unwrap().to_owned()
    }

    #[test]
    fn params_and_meta_are_made_where_there_are_none() {
        let cases = [
            (r#"{"id":1 }"#, format!(r#"{{"id":1,"params":{{"_meta":{{{SET}}}}} }}"#)),
            (r#"{"params":null}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
            (r#"{"params":{ }}"#, format!(r#"{{"params":{{"_meta":{{{SET}}} }}}}"#)),
            (r#"{"params":{"a":1.0}}"#, format!(r#"{{"params":{{"a":1.0,"_meta":{{{SET}}}}}}}"#)),
            (r#"{"params":{"_meta":null}}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
            (r#"{"params":{"_meta":{}}}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
        ];
        for (message, expected) in cases {
            assert_eq!(modern(message).as_deref(), Some(expected.as_str()), "{message}");
        }
    }

    #[test]
    fn keys_that_a_request_claims_itself_are_replaced_where_they_stand() {
        let message = r#"{"params":{"_meta":{"io.modelcontextprotocol\/clientInfo" : {"x":1}, "progressToken":1e400}}}"#;
        assert_eq!(
            modern(message).unwrap(),
            r#"{"params":{"_meta":{"io.modelcontextprotocol\/clientInfo" : {"name":"c"}, "progressToken":1e400,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#
        );
    }

    #[test]
    fn a_log_level_is_set_when_given_and_left_when_not() {
        let message = br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"debug"}}}"#;
        let set = to_modern_meta(message, INFO, "{}", Some("error")).unwrap();
        assert!(
            set.starts_with(br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"error","#)
        );
        let left = to_modern_meta(message, INFO, "{}", None).unwrap();
        assert!(
            left.starts_with(br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"debug","#)
        );
    }

    #[test]
    fn params_or_meta_of_another_shape_cannot_be_made_modern() {
        for params in ["[]", "7", r#"{"_meta":[]}"#, r#"{"_meta":{},"_meta":{}}"#] {
            assert_eq!(modern(&format!(r#"{{"params":{params}}}"#)), None, "{params}");
        }
    }

    #[test]
    fn a_key_claimed_twice_is_refused_towards_modern_and_dropped_twice_towards_legacy() {
        let meta = r#"{"io.modelcontextprotocol/logLevel":"a","x":1,"io.modelcontextprotocol/logLevel":"b"}"#;
        assert_eq!(modern(&format!(r#"{{"params":{{"_meta":{meta}}}}}"#)), None);
        assert_eq!(legacy(meta), r#"{"x":1}"#);
    }

    #[test]
    fn the_four_keys_are_taken_out_wherever_they_stand() {
        let one = r#""io.modelcontextprotocol/protocolVersion" : "2026-07-28""#;
        let two = r#""io.modelcontextprotocol/client\u0049nfo":{"a":[1,2]}"#;
        let cases = [
            (format!("{{{one},{two}}}"), "{}"),
            (format!(r#"{{ {one} , {two} , "b":1.0 }}"#), r#"{ "b":1.0 }"#),
            (format!(r#"{{"b":1.0 , {one}, {two} }}"#), r#"{"b":1.0 }"#),
            (format!(r#"{{"b":1, {one},"c":2,{two},"d":3}}"#), r#"{"b":1,"c":2,"d":3}"#),
            (format!(r#"{{{one},"b":1,{two}}}"#), r#"{"b":1}"#),
            (format!(r#"{{"b":1,{one},{two},"c":2}}"#), r#"{"b":1,"c":2}"#),
        ];
        for (meta, expected) in cases {
            assert_eq!(legacy(&meta), expected, "{meta}");
        }
    }

    #[test]
    fn vendor_keys_progress_and_trace_context_stay_byte_for_byte() {
        let meta = r#"{"progressToken":12345678901234567890123, "traceparent" :"00-\u0061", "io.modelcontextprotocol/other":{ }, "v/x":1.50}"#;
        assert_eq!(legacy(meta), meta);
        for other in ["null", "[]", "7"] {
            assert_eq!(legacy(other), other);
        }
    }
}
