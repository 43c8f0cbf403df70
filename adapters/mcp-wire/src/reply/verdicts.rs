//! What counts as the response to a call, and what becomes of its id.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use serde_json::Value;

use super::{CallId, ReplyEdit, ReplyEditor};

/// Passes the text on in pieces of this size: what came out, and whether it is the response.
fn passed(id: &CallId, text: &str, size: usize) -> (String, bool) {
    let mut editor = ReplyEditor::new(ReplyEdit { id: Some(id.clone()), ..ReplyEdit::default() });
    let (mut out, mut scratch) = (String::new(), BytesMut::new());
    for piece in text.as_bytes().chunks(size) {
        let piece = editor.pass(Bytes::copy_from_slice(piece), &mut scratch).unwrap();
        out.push_str(std::str::from_utf8(&piece).unwrap());
        if editor.check().is_err() {
            return (out, false);
        }
    }
    editor.finish().unwrap();
    (out, true)
}

#[test]
fn only_a_response_to_the_call_is_one_however_it_is_cut() {
    let id = CallId::of_client("7").unwrap();
    let cases = [
        (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, true),
        (r#"{"id":7,"result":{},"x":{"id":1,"method":"m"},"json\u0072pc":"\u0032.0"}"#, true),
        (r#"{"jsonrpc":"2.0","id":"7","result":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"error":null,"result":{"method":1}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"error":{"code":1}}"#, true),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#, true),
        (r#"{"jsonrpc":"2.0","error":{"code":1}}"#, true),
        ("{}", false),
        (r#"{"id":7,"result":{}}"#, false),
        (r#"{"jsonrpc":"1.0","id":7,"result":{}}"#, false),
        (r#"{"jsonrpc":2.0,"id":7,"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":7}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"error":null}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"method":"m"}"#, false),
        (r#"{"jsonrpc":"2.0","method":"notifications/x"}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"result":{},"method":"m"}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1}}"#, false),
        (r#"{"jsonrpc":"2.0","id":8,"result":"x"}"#, false),
        (r#"{"jsonrpc":"2.0","id":"8","result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":8,"error":{"code":1}}"#, false),
        (r#"{"jsonrpc":"2.0","id":[7],"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":null,"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"\u0069d":7,"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","id":7,"result":{},"result":{}}"#, false),
        (r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"result":{}}"#, false),
    ];
    for (text, expected) in cases {
        for size in 1..=text.len() {
            let (out, is_response) = passed(&id, text, size);
            assert_eq!(is_response, expected, "{text} by {size}");
            if expected {
                let out: Value = serde_json::from_str(&out).unwrap();
                assert_eq!(out["id"], 7, "the client's id, in {out} by {size}");
            }
        }
    }
}

#[test]
fn an_answer_with_the_id_that_was_sent_is_no_copy_and_another_spelling_is_mended() {
    let id = CallId::of_client("7").unwrap();
    let mut editor = ReplyEditor::new(ReplyEdit { id: Some(id), ..ReplyEdit::default() });
    let mut scratch = BytesMut::new();
    for text in [r#"{"jsonrpc":"2.0","result":{"a":"#, r#"1}, "id" : 7 "#, "}"] {
        let chunk = Bytes::copy_from_slice(text.as_bytes());
        let passed = editor.pass(chunk.clone(), &mut scratch).unwrap();
        assert_eq!(passed.as_ptr(), chunk.as_ptr());
    }
    assert!(editor.check().is_ok() && editor.finish().is_ok());
    let ours = CallId::of_ours(r#""ours""#, r#""\u00e9""#);
    let (out, _) = passed(&ours, r#"{"jsonrpc":"2.0","id": "ours" ,"result":{}}"#, 100);
    assert_eq!(out, r#"{"jsonrpc":"2.0","id": "\u00e9" ,"result":{}}"#);
    let (_, is_response) = passed(&ours, r#"{"jsonrpc":"2.0","id":"other","result":{}}"#, 100);
    assert!(!is_response);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_id_of_any_text_is_the_calls_only_if_it_says_the_same(
        sent in "[a-c7]{0,3}",
        came in "[a-c7]{0,3}",
        size in 1usize..50,
    ) {
        let id = CallId::of_client(&Value::from(sent.as_str()).to_string()).unwrap();
        let text = format!(r#"{{"jsonrpc":"2.0","id":"{came}","result":{{}}}}"#);
        let (out, is_response) = passed(&id, &text, size);
        prop_assert_eq!(is_response, sent == came);
        prop_assert!(!is_response || out == text);
    }
}
