//! Leaving entries out of a list that an upstream answered; what stays, stays byte for byte.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::envelope::Envelope;
use crate::error::WireError;
use crate::members;
use crate::splice::{Edit, range_of, splice};

/// A copy of the response `message` whose `result.{member}` has only the entries that are to be
/// kept; the same bytes where all are, and where the response is an error.
///
/// # Errors
/// -32600: it is no response, its result is no object, has the member twice, or the member is no
/// list.
pub fn retain(
    message: &Bytes,
    member: &'static str,
    mut keep: impl FnMut(&str) -> bool,
) -> Result<Bytes, WireError> {
    let envelope = Envelope::parse(message)?;
    if envelope.error.is_some() {
        return Ok(message.clone());
    }
    let no_list = || WireError::invalid(format!("result.{member} is no list"));
    let result = envelope.result.ok_or_else(|| WireError::invalid("there is no result"))?;
    let [list] = members::read(result.get(), [member])
        .map_err(|refusal| WireError::invalid(format!("result: {refusal}")))?;
    let list = list.ok_or_else(no_list)?.get();
    let entries: Vec<&RawValue> = serde_json::from_str(list).map_err(|_| no_list())?;
    let kept: Vec<&str> =
        entries.iter().map(|entry| entry.get()).filter(|entry| keep(entry)).collect();
    if kept.len() == entries.len() {
        return Ok(message.clone());
    }
    let range = range_of(message, list.as_bytes()).ok_or_else(no_list)?;
    let replacement = format!("[{}]", kept.join(",")).into_bytes().into();
    splice(message, &[Edit { range, replacement }]).ok_or_else(no_list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_b(message: &'static str) -> Result<Bytes, WireError> {
        retain(&Bytes::from_static(message.as_bytes()), "tools", |entry| !entry.contains("\"b\""))
    }

    #[test]
    fn what_is_kept_stays_byte_for_byte() {
        let message = r#"{"id":1, "result" : {"x":1e400,"tools":[ {"name" : "a"}, {"name":"b"},{"name":"c","n":1.0}],"nextCursor":"z"},"jsonrpc":"2.0"}"#;
        assert_eq!(
            without_b(message).unwrap(),
            r#"{"id":1, "result" : {"x":1e400,"tools":[{"name" : "a"},{"name":"c","n":1.0}],"nextCursor":"z"},"jsonrpc":"2.0"}"#
        );
    }

    #[test]
    fn a_list_that_is_kept_whole_and_an_error_are_the_same_bytes() {
        for message in [
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[ {"name":"a"} ]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"b"}}"#,
        ] {
            assert_eq!(without_b(message).unwrap(), message);
        }
    }

    #[test]
    fn what_could_be_read_as_another_list_is_refused() {
        for message in [
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"tools":[{"name":"b"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"Tools":[{"name":"b"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":{}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":[]}"#,
            r#"{"jsonrpc":"2.0","method":"x"}"#,
        ] {
            assert!(without_b(message).is_err(), "{message}");
        }
    }
}
