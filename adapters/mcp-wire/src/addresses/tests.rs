//! What is renamed in a result, and what is not, however it is cut.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn renamed(uri: &str) -> Option<String> {
    (uri != "keep:me").then(|| format!("files+{uri}"))
}

fn relocated(place: Place, message: &str) -> String {
    let message = Bytes::copy_from_slice(message.as_bytes());
    String::from_utf8(relocate(message, place, renamed).to_vec()).unwrap()
}

#[test]
fn what_a_tool_links_to_and_embeds_is_renamed_and_nothing_else() {
    assert_eq!(
        relocated(
            Place::Content,
            r#"{"uri":"x:0","jsonrpc":"2.0","result":{"uri":"x:1","contents":[{"uri":"x:2"}],"content":[ {"type":"resource_link", "\u0075ri" : "x:\u0079","n":1e400},{"resource":{"text":"\"uri\":\"x:3\"","uri":"x:4","_meta":{"uri":"x:5"}}},{"type":"text","text":"x:6","annotations":{"uri":"x:7"}},{"uri":"keep:me"},7,[]],"structuredContent":{"content":[{"uri":"x:8"}]}},"id":1}"#
        ),
        r#"{"uri":"x:0","jsonrpc":"2.0","result":{"uri":"x:1","contents":[{"uri":"x:2"}],"content":[ {"type":"resource_link", "\u0075ri" : "files+x:y","n":1e400},{"resource":{"text":"\"uri\":\"x:3\"","uri":"files+x:4","_meta":{"uri":"x:5"}}},{"type":"text","text":"x:6","annotations":{"uri":"x:7"}},{"uri":"keep:me"},7,[]],"structuredContent":{"content":[{"uri":"x:8"}]}},"id":1}"#
    );
}

#[test]
fn what_the_messages_of_a_prompt_embed_is_renamed_also_where_content_is_a_list() {
    assert_eq!(
        relocated(
            Place::Messages,
            r#"{"result":{"messages":[{"role":"user","uri":"x:0","content":{"type":"resource","resource":{"uri":"x:1"}}},{"content":[{"uri":"x:2"}]}],"content":[{"uri":"x:3"}]}}"#
        ),
        r#"{"result":{"messages":[{"role":"user","uri":"x:0","content":{"type":"resource","resource":{"uri":"files+x:1"}}},{"content":[{"uri":"files+x:2"}]}],"content":[{"uri":"x:3"}]}}"#
    );
}

#[test]
fn what_was_read_comes_back_under_the_new_address() {
    assert_eq!(
        relocated(
            Place::Contents,
            r#"{"id":1,"result":{"contents":[{"text":"a","uri":"x:y"},{"blob":"x:y","uri":7}]}}"#
        ),
        r#"{"id":1,"result":{"contents":[{"text":"a","uri":"files+x:y"},{"blob":"x:y","uri":7}]}}"#
    );
}

#[test]
fn a_chunk_in_which_nothing_changes_is_the_same_bytes() {
    for message in [
        r#"{"result":{"content":[{"type":"text","text":"hello"}]}}"#,
        r#"{"error":{"code":1,"data":{"content":[{"uri":"x:y"}]}}}"#,
        "{}",
        "[]",
        r#"{"result":{"content":[{"uri""#,
        r#"{"result":{"content":[{"uri":]}}"#,
        "\"uri\"}}]]{{",
    ] {
        let bytes = Bytes::copy_from_slice(message.as_bytes());
        let passed = AddressEditor::new(Place::Content).pass(bytes.clone(), false, renamed);
        assert_eq!(passed.as_ptr(), bytes.as_ptr(), "{message}");
        assert_eq!(passed, bytes);
    }
}

#[test]
fn an_address_longer_than_can_be_held_stays_as_it_is() {
    let long = "x".repeat(LONGEST * 3);
    let message = format!(r#"{{"result":{{"content":[{{"uri":"{long}"}},{{"uri":"a:b"}}]}}}}"#);
    let mut editor = AddressEditor::new(Place::Content);
    let mut out = Vec::new();
    for chunk in message.as_bytes().chunks(1000) {
        out.extend_from_slice(&editor.pass(Bytes::copy_from_slice(chunk), false, renamed));
        assert!(editor.held.len() <= LONGEST + 1000);
    }
    let expected = message.replace("a:b", "files+a:b");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

fn block() -> impl Strategy<Value = Value> {
    let uri = prop_oneof!["[a-z]{1,3}:[ -~äß\n\"\\\\]{0,12}", Just("keep:me".to_owned())];
    (uri, "[ -~]{0,20}", 0..5).prop_map(|(uri, text, kind)| match kind {
        0 => json!({"type": "resource_link", "uri": uri, "name": text}),
        1 => json!({"type": "resource", "resource": {"uri": uri, "text": text, "x": [{"uri": text}]}}),
        2 => json!({"type": "text", "text": text, "uri": null}),
        3 => json!([[{"uri": uri}], text]),
        _ => json!({"data": {"resource": {"uri": uri}}, "uri": {"uri": uri}, "n": -1.5}),
    })
}

/// What is expected, worked out on the parsed document.
fn expected(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(expected).collect(),
        Value::Object(members) => {
            let mut members = members.clone();
            rename(&mut members);
            if let Some(Value::Object(resource)) = members.get_mut("resource") {
                rename(resource);
            }
            Value::Object(members)
        }
        other => other.clone(),
    }
}

fn rename(members: &mut serde_json::Map<String, Value>) {
    if let Some(Value::String(uri)) = members.get_mut("uri")
        && let Some(new) = renamed(uri)
    {
        *uri = new;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn however_it_is_cut_the_addresses_are_renamed_and_the_rest_stays(
        blocks in prop::collection::vec(block(), 0..6),
        is_pretty in any::<bool>(),
        cuts in prop::collection::vec(1_usize..40, 1..30),
    ) {
        let message = json!({"id": 7, "result": {"isError": false, "content": blocks, "z": 1}});
        let text = if is_pretty {
            serde_json::to_string_pretty(&message).unwrap()
        } else {
            message.to_string()
        };
        let mut want = message.clone();
        want["result"]["content"] = expected(&message["result"]["content"]);
        let mut editor = AddressEditor::new(Place::Content);
        let (mut rest, mut out) = (text.as_bytes(), Vec::new());
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at((*cut).min(rest.len()));
            out.extend_from_slice(&editor.pass(Bytes::copy_from_slice(chunk), false, renamed));
            rest = after;
        }
        prop_assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), want);
        let whole = relocate(Bytes::from(text.into_bytes()), Place::Content, renamed);
        prop_assert_eq!(whole, out);
    }

    #[test]
    fn whatever_comes_in_nothing_panics_and_what_has_no_address_passes(
        bytes in prop::collection::vec(prop::sample::select(b"{}[]:,\"\\u ri1".to_vec()), 0..60),
        cut in 1_usize..8,
    ) {
        let mut editor = AddressEditor::new(Place::Content);
        let mut out = Vec::new();
        for chunk in bytes.chunks(cut) {
            out.extend_from_slice(&editor.pass(Bytes::copy_from_slice(chunk), false, |_| None));
        }
        out.extend_from_slice(if matches!(editor.state, State::Address(_)) { &editor.held } else { &[] });
        prop_assert_eq!(out, bytes);
    }
}
