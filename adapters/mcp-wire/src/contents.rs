//! The contents of a resource that was read, under other URIs.
//!
//! Behind one endpoint a resource has another URI than at its server; what was read has to come
//! back under the one that was asked for.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::definition::with_text;
use crate::envelope::Envelope;
use crate::error::WireError;
use crate::members;
use crate::splice::{Edit, range_of, splice};

/// A copy of the response `message` whose `result.contents` have the URIs that `renamed` makes of
/// theirs; what it makes nothing of, and an error, stays as it is.
///
/// # Errors
/// -32600: it is no response, its result is no object, or has `contents` twice.
pub fn relocate(
    message: &Bytes,
    renamed: impl Fn(&str) -> Option<String>,
) -> Result<Bytes, WireError> {
    let envelope = Envelope::parse(message)?;
    if envelope.error.is_some() {
        return Ok(message.clone());
    }
    let result = envelope.result.ok_or_else(|| WireError::invalid("there is no result"))?;
    let [contents] = members::read(result.get(), ["contents"])
        .map_err(|refusal| WireError::invalid(format!("result: {refusal}")))?;
    let no_list = || WireError::invalid("result.contents is no list");
    let Some(contents) = contents else { return Ok(message.clone()) };
    let entries: Vec<&RawValue> = serde_json::from_str(contents.get()).map_err(|_| no_list())?;
    let mut edits = Vec::with_capacity(entries.len());
    for entry in entries {
        let changed = members::read(entry.get(), ["uri"])
            .ok()
            .and_then(|[uri]| members::string(uri?))
            .and_then(|uri| renamed(&uri))
            .and_then(|uri| with_text(entry.get().as_bytes(), "uri", &uri));
        if let Some(changed) = changed {
            let range = range_of(message, entry.get().as_bytes()).ok_or_else(no_list)?;
            edits.push(Edit { range, replacement: changed.to_vec().into() });
        }
    }
    splice(message, &edits).ok_or_else(no_list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relocated(message: &'static str) -> Result<Bytes, WireError> {
        relocate(&Bytes::from_static(message.as_bytes()), |uri| {
            (uri != "keep:me").then(|| format!("files+{uri}"))
        })
    }

    #[test]
    fn only_the_uris_of_the_contents_change() {
        let message = r#"{"jsonrpc":"2.0","id":1,"result":{"uri":"x:y","contents":[ {"text":"a","uri" : "x:\u0079","n":1e400},{"uri":"keep:me"},{"blob":"x:y"},7]}}"#;
        assert_eq!(
            relocated(message).unwrap(),
            r#"{"jsonrpc":"2.0","id":1,"result":{"uri":"x:y","contents":[ {"text":"a","uri" : "files+x:y","n":1e400},{"uri":"keep:me"},{"blob":"x:y"},7]}}"#
        );
    }

    #[test]
    fn what_has_no_contents_stays_and_what_could_be_read_as_others_is_refused() {
        for message in [
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"contents"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ] {
            assert_eq!(relocated(message).unwrap(), message);
        }
        for message in [
            r#"{"jsonrpc":"2.0","id":1,"result":{"contents":[],"contents":[{"uri":"x:y"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"contents":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"x"}"#,
        ] {
            assert!(relocated(message).is_err(), "{message}");
        }
    }
}
