//! Finding the answer to our question in a message.

use bytes::Bytes;
use mcp_wire::envelope::Envelope;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a server answered to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// A result, as the server spelled it.
    Result(Bytes),
    /// A JSON-RPC error.
    Refused(Refusal),
    /// That it took the message, and nothing more.
    Accepted,
    /// Something that is no answer in MCP.
    Other,
}

/// A JSON-RPC error, as far as we act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The code.
    pub(crate) code: i64,
    /// The revisions that the server says it speaks (`data.supported` of -32022).
    pub(crate) supported: Vec<String>,
}

impl Refusal {
    /// There is no such method.
    pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
    /// The revision is not spoken here; only modern servers know this code.
    pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
}

/// The answer to our question `id`, if the message is one.
///
/// Servers differ in how they repeat an id: some make a string of a number, and some have no id in
/// an error. On a stream the questions of the server itself are no answers.
pub(crate) fn answer_in(message: &Bytes, id: i64) -> Option<Said> {
    let envelope = Envelope::parse(message).ok()?;
    if envelope.method.is_some() {
        return None;
    }
    let spelled = envelope.id_json();
    let ours = spelled.trim_matches('"') == id.to_string();
    if let Some(error) = envelope.error {
        return (ours || spelled == "null").then(|| Said::Refused(refusal(error)));
    }
    let result = envelope.result.filter(|_| ours)?;
    Some(Said::Result(message.slice_ref(result.get().as_bytes())))
}

fn refusal(error: &RawValue) -> Refusal {
    #[derive(Deserialize)]
    struct Body<'a> {
        code: i64,
        #[serde(borrow)]
        data: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Data {
        supported: Vec<String>,
    }
    let Ok(body) = serde_json::from_str::<Body<'_>>(error.get()) else {
        return Refusal { code: 0, supported: Vec::new() };
    };
    let data = body.data.and_then(|data| serde_json::from_str::<Data>(data.get()).ok());
    Refusal { code: body.code, supported: data.map(|data| data.supported).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &'static str) -> Option<Said> {
        answer_in(&Bytes::from_static(text.as_bytes()), 7)
    }

    #[test]
    fn a_result_is_kept_byte_for_byte() {
        let said = answer(r#"{"id":7, "result": {"b":1.0,  "a":2},"jsonrpc":"2.0"}"#);
        assert_eq!(said, Some(Said::Result(Bytes::from_static(br#"{"b":1.0,  "a":2}"#))));
    }

    #[test]
    fn an_id_that_became_a_string_is_still_ours_but_another_is_not() {
        assert!(answer(r#"{"jsonrpc":"2.0","id":"7","result":{}}"#).is_some());
        for other in [
            r#"{"jsonrpc":"2.0","id":8,"result":{}}"#,
            r#"{"jsonrpc":"2.0","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":8,"error":{"code":1,"message":""}}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
            "[]",
            "<html>",
        ] {
            assert_eq!(answer(other), None, "{other}");
        }
    }

    #[test]
    fn an_error_may_come_without_our_id() {
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no","data":"why"}}"#,
        ] {
            let code = Refusal::METHOD_NOT_FOUND;
            assert_eq!(answer(text), Some(Said::Refused(Refusal { code, supported: Vec::new() })));
        }
        let odd = answer(r#"{"jsonrpc":"2.0","id":7,"error":"no"}"#);
        assert_eq!(odd, Some(Said::Refused(Refusal { code: 0, supported: Vec::new() })));
    }

    #[test]
    fn the_supported_versions_are_read() {
        let said = answer(
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"],"requested":"x"}}}"#,
        );
        let Some(Said::Refused(refusal)) = said else { panic!("{said:?}") };
        assert_eq!(refusal.supported, ["2026-07-28"]);
    }
}
