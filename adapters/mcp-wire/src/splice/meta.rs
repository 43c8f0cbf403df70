//! What a request's `params._meta` says about its sender, by era.
//!
//! A modern request carries in `_meta` what a legacy one settled in the handshake (2026-07-28,
//! "per-request `_meta`"). Towards a modern upstream the gateway puts those keys in, towards a
//! legacy one it takes them out, and everything else (`progressToken`, trace context, vendor
//! keys) passes untouched.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;

use super::edits::Edits;
use super::object;
use super::request::RequestEdit;
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
mod tests;
