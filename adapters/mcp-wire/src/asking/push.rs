//! A request of a server with a handshake made the `input_required` result of its call, and the
//! client's answer made the response to it.

use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;

use crate::envelope::Envelope;
use crate::members;
use crate::message::{self, Implementation};
use crate::splice::object;

/// A server's request, as it came.
#[derive(Debug, Clone)]
pub struct Question {
    message: Bytes,
    /// By which name the client is asked, and answers.
    key: String,
}

impl Question {
    /// The question in a message, under this name; `None` if the message is no request.
    pub fn of(message: Bytes, key: String) -> Option<Self> {
        let envelope = Envelope::parse(&message).ok()?;
        envelope.method.as_ref()?;
        (envelope.id_json() != "null").then_some(Self { message, key })
    }

    /// The name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The id by which the server knows it, as JSON.
    pub fn id_json(&self) -> &str {
        Envelope::parse(&self.message).map_or("null", |envelope| envelope.id_json())
    }
}

/// The result that asks a modern client: one question, and what its retry has to bring back. An
/// `elicitationId`, which modern clients do not know, is left out.
pub fn input_required(
    id_json: &str,
    question: &Question,
    request_state: &str,
    server: Implementation<'_>,
) -> Option<Bytes> {
    let envelope = Envelope::parse(&question.message).ok()?;
    let method = envelope.method.as_deref()?;
    let params = members::non_null(envelope.params).map(without_elicitation_id);
    let asked = [(question.key.as_str(), method, params.as_deref())];
    Some(message::input_required_result(id_json, &asked, request_state, server))
}

fn without_elicitation_id(params: &RawValue) -> String {
    let mut kept = String::with_capacity(params.get().len());
    let whole = object::each_member(params.get().as_bytes(), |member| {
        if object::decode_key(member.key) != "elicitationId" {
            kept.push(if kept.is_empty() { '{' } else { ',' });
            kept.push_str(member.key);
            kept.push(':');
            kept.push_str(member.value);
        }
    });
    match whole {
        // What is no object has no such member.
        None => params.get().to_owned(),
        Some(()) if kept.is_empty() => "{}".to_owned(),
        Some(()) => {
            kept.push('}');
            kept
        }
    }
}

/// What a retry says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputResponse<'a> {
    /// This, as raw JSON: an object.
    Given(&'a str),
    /// Nothing.
    Missing,
    /// Something that is no answer, or two answers.
    Malformed,
}

/// What the `params` of a retry say under a question's name.
pub fn input_response<'a>(params: Option<&'a RawValue>, key: &str) -> InputResponse<'a> {
    let Some(params) = params else { return InputResponse::Missing };
    let Some(found) = object::find(params.get().as_bytes(), ["inputResponses"]) else {
        return InputResponse::Malformed;
    };
    let [Some(responses)] = found.values else { return InputResponse::Missing };
    if responses == "null" {
        return InputResponse::Missing;
    }
    let Some(found) = object::find(responses.as_bytes(), [key]) else {
        return InputResponse::Malformed;
    };
    match found.values {
        [None] => InputResponse::Missing,
        [Some(answer)] if answer.starts_with('{') => InputResponse::Given(answer),
        [Some(_)] => InputResponse::Malformed,
    }
}

/// The response that takes an answer (raw JSON) to the server.
pub fn response(id_json: &str, result_json: &str) -> Bytes {
    format!(r#"{{"jsonrpc":"2.0","id":{id_json},"result":{result_json}}}"#).into()
}

/// The response to a question that nobody is asked: why not, in words.
pub fn refusal(id_json: &str, why: &str) -> Bytes {
    let error = json!({"code": -32601, "message": why});
    format!(r#"{{"jsonrpc":"2.0","id":{id_json},"error":{error}}}"#).into()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn question(text: &'static str) -> Option<Question> {
        Question::of(Bytes::from_static(text.as_bytes()), "q".to_owned())
    }

    fn asked(text: &'static str) -> Value {
        let this = Implementation { name: "gateway", version: "1" };
        let made = input_required("7", &question(text).unwrap(), "s\"1", this).unwrap();
        serde_json::from_slice(&made).unwrap()
    }

    #[test]
    fn a_servers_request_becomes_the_result_of_its_call() {
        let made = asked(
            r#"{"jsonrpc":"2.0","id":0,"method":"elicitation/create","params":{"elicitationId":"e","mode":"url","x":1}}"#,
        );
        assert_eq!(made["id"], 7);
        let result = &made["result"];
        assert_eq!(result["resultType"], "input_required");
        assert_eq!(
            result["inputRequests"],
            json!({"q": {"method": "elicitation/create", "params": {"mode": "url", "x": 1}}})
        );
        assert_eq!(result["requestState"], "s\"1");
        let roots = asked(r#"{"jsonrpc":"2.0","id":0,"method":"roots/list"}"#);
        assert_eq!(roots["result"]["inputRequests"], json!({"q": {"method": "roots/list"}}));
    }

    #[test]
    fn spellings_of_a_question_stay_as_they_are() {
        let text = r#"{"jsonrpc":"2.0","id":0,"method":"roots/list","params":{"a":1.0,"b":1e400}}"#;
        let this = Implementation { name: "gateway", version: "1" };
        let made = input_required("7", &question(text).unwrap(), "s", this).unwrap();
        let made = String::from_utf8(made.to_vec()).unwrap();
        assert!(made.contains(r#""params":{"a":1.0,"b":1e400}"#), "{made}");
    }

    #[test]
    fn what_is_no_request_is_no_question() {
        for text in [
            r#"{"jsonrpc":"2.0","method":"notifications/message"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            "[]",
        ] {
            assert!(question(text).is_none(), "{text}");
        }
        let one = question(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#).unwrap();
        assert_eq!((one.id_json(), one.key()), (r#""a""#, "q"));
    }

    #[test]
    fn an_answer_is_found_under_its_questions_name() {
        let said = |text: &str| -> String {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            format!("{:?}", input_response(Some(&raw), "q"))
        };
        assert_eq!(
            said(r#"{"inputResponses":{"q":{"action":"accept"}}}"#),
            r#"Given("{\"action\":\"accept\"}")"#
        );
        for missing in ["{}", r#"{"inputResponses":null}"#, r#"{"inputResponses":{"x":{}}}"#] {
            assert_eq!(said(missing), "Missing", "{missing}");
        }
        for malformed in [
            r#"{"inputResponses":7}"#,
            r#"{"inputResponses":{"q":7}}"#,
            r#"{"inputResponses":{"q":{},"q":{}}}"#,
        ] {
            assert_eq!(said(malformed), "Malformed", "{malformed}");
        }
    }

    #[test]
    fn a_server_is_answered_by_the_id_that_it_asked_with() {
        assert_eq!(response("\"a\"", "{}"), r#"{"jsonrpc":"2.0","id":"a","result":{}}"#);
        let refused: Value = serde_json::from_slice(&refusal("7", "no \"one\"")).unwrap();
        assert_eq!(refused["error"], json!({"code": -32601, "message": "no \"one\""}));
    }
}
