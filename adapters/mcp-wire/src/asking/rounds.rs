//! The `input_required` result of a modern server made requests to a client with a handshake, and
//! the call made again with what the client answered.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::envelope::Envelope;
use crate::members;
use crate::splice::{Edit, object, range_of, splice};

/// What one round asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    /// The questions.
    pub requests: Vec<InputRequest>,
    /// What the next call has to bring back, as raw JSON.
    pub request_state: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRequest {
    /// By which name it is answered.
    pub key: String,
    /// Its method.
    pub method: String,
    /// Its parameters, raw.
    pub params: Option<Box<str>>,
}

/// What the result of a response asks for; `None` if it asks for nothing.
pub fn required(message: &[u8]) -> Option<Required> {
    let envelope = Envelope::parse(message).ok()?;
    let result = envelope.result?;
    let found =
        object::find(result.get().as_bytes(), ["resultType", "inputRequests", "requestState"])?;
    let [Some(r#""input_required""#), requests, state] = found.values else { return None };
    let mut asked = Vec::new();
    if let Some(requests) = requests.filter(|requests| *requests != "null") {
        object::each_member(requests.as_bytes(), |member| {
            asked.extend(input_request(member));
        })?;
    }
    let request_state = state.filter(|state| state.starts_with('"')).map(str::to_owned);
    Some(Required { requests: asked, request_state })
}

fn input_request(member: object::Member<'_>) -> Option<InputRequest> {
    let [method, params] = object::find(member.value.as_bytes(), ["method", "params"])?.values;
    let method: &RawValue = serde_json::from_str(method?).ok()?;
    Some(InputRequest {
        key: object::decode_key(member.key).into_owned(),
        method: members::string(method)?.into_owned(),
        params: params.filter(|params| *params != "null").map(Into::into),
    })
}

/// A question as a request to a client with a handshake. One by address gets the `elicitationId`
/// that such clients need (2025-11-25).
pub fn ask(id_json: &str, question: &InputRequest, elicitation_id: &str) -> Option<Bytes> {
    let method = serde_json::to_string(&question.method).ok()?;
    let head = format!(r#"{{"jsonrpc":"2.0","id":{id_json},"method":{method}"#);
    let Some(params) = &question.params else { return Some(format!("{head}}}").into()) };
    let found = object::find(params.as_bytes(), ["mode", "elicitationId"])?;
    let params = match found.values {
        [Some(r#""url""#), None] => {
            let inner = params.trim_end().strip_suffix('}')?;
            format!("{inner},\"elicitationId\":\"{elicitation_id}\"}}")
        }
        _ => params.to_string(),
    };
    Some(format!("{head},\"params\":{params}}}").into())
}

/// The call made again: under another id, with answers (names and raw JSON) and with the state
/// (raw JSON) of the round. What an earlier round put there is replaced.
pub fn again(
    call: &[u8],
    id_json: &str,
    answers: &[(String, String)],
    request_state: Option<&str>,
) -> Option<Bytes> {
    let [id, params] = object::find(call, ["id", "params"])?.values;
    let (id, params) = (id?, params?);
    let mut made = String::with_capacity(params.len() + 256);
    made.push('{');
    object::each_member(params.as_bytes(), |member| {
        if !matches!(object::decode_key(member.key).as_ref(), "inputResponses" | "requestState") {
            add(&mut made, member.key, member.value);
        }
    })?;
    if !answers.is_empty() {
        let mut responses = String::from("{");
        for (key, answer) in answers {
            add(&mut responses, &serde_json::to_string(key).ok()?, answer);
        }
        responses.push('}');
        add(&mut made, "\"inputResponses\"", &responses);
    }
    if let Some(state) = request_state {
        add(&mut made, "\"requestState\"", state);
    }
    made.push('}');
    let mut edits = [
        Edit { range: range_of(call, id.as_bytes())?, replacement: id_json.as_bytes().into() },
        Edit { range: range_of(call, params.as_bytes())?, replacement: made.into_bytes().into() },
    ];
    edits.sort_by_key(|edit| edit.range.start);
    splice(call, &edits)
}

fn add(object: &mut String, key: &str, value: &str) {
    if object.len() > 1 {
        object.push(',');
    }
    object.push_str(key);
    object.push(':');
    object.push_str(value);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn what_a_round_asks_for_is_read() {
        let message = br#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"x":1.0}},"b":{"method":"roots/list"},"c":7},"requestState":"s\n"}}"#;
        let asked = required(message).unwrap();
        assert_eq!(asked.request_state.as_deref(), Some(r#""s\n""#));
        let of = |key: &str, method: &str, params: Option<&str>| InputRequest {
            key: key.to_owned(),
            method: method.to_owned(),
            params: params.map(Into::into),
        };
        assert_eq!(
            asked.requests,
            [of("a", "elicitation/create", Some(r#"{"x":1.0}"#)), of("b", "roots/list", None)]
        );
        let alone = br#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","requestState":"s"}}"#;
        assert_eq!(required(alone).unwrap().requests, []);
    }

    #[test]
    fn a_result_that_is_complete_asks_for_nothing() {
        for result in [r#"{"content":[]}"#, r#"{"resultType":"complete","inputRequests":{}}"#, "7"]
        {
            let message = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#);
            assert_eq!(required(message.as_bytes()), None, "{result}");
        }
        assert_eq!(required(br#"{"jsonrpc":"2.0","id":1,"error":{}}"#), None);
        assert_eq!(required(b"x"), None);
    }

    #[test]
    fn a_question_becomes_a_request() {
        let of = |method: &str, params: Option<&str>| InputRequest {
            key: "a".to_owned(),
            method: method.to_owned(),
            params: params.map(Into::into),
        };
        let asked = |question| read(&ask("\"i\"", &question, "e-1").unwrap());
        assert_eq!(
            asked(of("roots/list", None)),
            json!({"jsonrpc": "2.0", "id": "i", "method": "roots/list"})
        );
        let form = asked(of("elicitation/create", Some(r#"{"message":"m"}"#)));
        assert_eq!(form["params"], json!({"message": "m"}));
        let url = asked(of("elicitation/create", Some(r#"{"mode":"url","url":"u"} "#)));
        assert_eq!(url["params"], json!({"mode": "url", "url": "u", "elicitationId": "e-1"}));
    }

    #[test]
    fn the_call_is_made_again_with_the_answers_and_the_state() {
        let call = br#"{"jsonrpc":"2.0","id":1,"params":{"name":"n","arguments":{"x":1e400}},"method":"tools/call"}"#;
        let answers = [("a\"".to_owned(), r#"{"action":"accept"}"#.to_owned())];
        let first = again(call, "2", &answers, Some(r#""s1""#)).unwrap();
        assert_eq!(
            first,
            r#"{"jsonrpc":"2.0","id":2,"params":{"name":"n","arguments":{"x":1e400},"inputResponses":{"a\"":{"action":"accept"}},"requestState":"s1"},"method":"tools/call"}"#
        );
        let second = again(&first, "3", &[], None).unwrap();
        assert_eq!(
            second,
            r#"{"jsonrpc":"2.0","id":3,"params":{"name":"n","arguments":{"x":1e400}},"method":"tools/call"}"#
        );
        assert_eq!(again(b"{}", "2", &[], None), None);
    }
}
