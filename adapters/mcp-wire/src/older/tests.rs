//! Results with what newer revisions know, for clients of each.

use serde_json::{Value, json};

use super::*;

fn message(result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "result": result}).to_string()
}

/// What becomes of a message, in whatever pieces it comes.
fn passed(text: &str, method: &str, client: Revision) -> String {
    let whole = match OlderEditor::of(method, client) {
        None => text.to_owned(),
        Some(mut editor) => text_of(&editor.pass(Bytes::copy_from_slice(text.as_bytes()), true)),
    };
    for piece in 1..=text.len().min(40) {
        let Some(mut editor) = OlderEditor::of(method, client) else { continue };
        let pieces = text.as_bytes().chunks(piece);
        let parts = pieces.map(|piece| editor.pass(Bytes::copy_from_slice(piece), false));
        let parts: Vec<u8> = parts.flat_map(|part| part.to_vec()).collect();
        assert_eq!(text_of(&parts), whole, "in pieces of {piece}");
    }
    whole
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn result(text: &str, method: &str, client: Revision) -> Value {
    let passed = passed(text, method, client);
    serde_json::from_str::<Value>(&passed).unwrap()["result"].clone()
}

fn audio() -> Value {
    json!({"type": "audio", "data": "UklGRg==", "mimeType": "audio/wav", "annotations": {"priority": 1}})
}

fn link() -> Value {
    json!({
        "type": "resource_link", "uri": "file:///a", "name": "a", "title": "The \"A\"",
        "description": "All of it", "mimeType": "text/plain", "icons": [{"src": "x"}],
    })
}

#[test]
fn audio_becomes_an_embedded_resource_where_it_is_not_known() {
    let text = message(&json!({"content": [{"type": "text", "text": "audio"}, audio()]}));
    let made = result(&text, "tools/call", Revision::V2024_11_05);
    assert_eq!(
        made["content"],
        json!([
            {"type": "text", "text": "audio"},
            {"type": "resource", "annotations": {"priority": 1}, "resource": {
                "uri": "embedded:///audio/2", "mimeType": "audio/wav", "blob": "UklGRg==",
            }},
        ])
    );
    for client in &Revision::ALL[1..] {
        assert_eq!(result(&text, "tools/call", *client)["content"][1], audio(), "{client}");
    }
}

#[test]
fn a_link_becomes_a_text_where_it_is_not_known() {
    let text = message(&json!({"content": [link(), {"type": "text", "text": "x"}]}));
    for client in Revision::ALL {
        let made = result(&text, "tools/call", client)["content"][0].clone();
        if client < Revision::V2025_06_18 {
            let words = "The \"A\": file:///a\nAll of it";
            assert_eq!(made, json!({"type": "text", "text": words}), "{client}");
        } else {
            assert_eq!(made, link(), "{client}");
        }
    }
}

#[test]
fn structured_content_that_is_no_object_becomes_one_where_it_has_to_be() {
    for structured in [json!([1, {"a": []}]), json!("x"), json!(7), json!(null), json!(true)] {
        let text = message(&json!({"structuredContent": structured, "content": []}));
        for client in Revision::ALL {
            let made = result(&text, "tools/call", client)["structuredContent"].clone();
            if client.era() == crate::revision::Era::Legacy {
                assert_eq!(made, json!({"result": structured}), "{client}");
            } else {
                assert_eq!(made, structured);
            }
        }
    }
    let object = message(&json!({"structuredContent": {"structuredContent": [1]}, "content": []}));
    assert_eq!(passed(&object, "tools/call", Revision::V2025_11_25), object);
}

#[test]
fn a_prompts_messages_are_made_too_whether_they_have_one_block_or_several() {
    let result_of = json!({"messages": [
        {"role": "user", "content": link()},
        {"role": "assistant", "content": [audio(), {"type": "text", "text": "x"}]},
    ]});
    let made = result(&message(&result_of), "prompts/get", Revision::V2024_11_05);
    assert_eq!(made["messages"][0]["content"]["type"], "text");
    assert_eq!(made["messages"][1]["content"][0]["type"], "resource");
    assert_eq!(made["messages"][1]["content"][1]["text"], "x");
}

#[test]
fn all_else_stays_byte_for_byte() {
    let spelled = concat!(
        r#"{ "jsonrpc":"2.0", "id":1.0e0,"#,
        r#""result" : {"content":[ {"text":"\"type\":\"audio\"","type":"text"} ,"#,
        r#"{"data":"AA==","mimeType":"image/png","type":"image"}, 7, [], {}],"#,
        r#""more":{"content":[{"type":"audio"}],"structuredContent":[1]},"structuredContent":{"a":1.50}}} "#,
    );
    for client in Revision::ALL {
        assert_eq!(passed(spelled, "tools/call", client), spelled, "{client}");
    }
    // One that lacks what it must have; an error; what is no answer to a call; what is no JSON.
    let broken = message(&json!({"content": [{"type": "audio"}, {"type": "resource_link"}]}));
    let error =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"audio","data":{"type":"audio"}}}"#;
    for text in [
        broken.as_str(),
        error,
        r#"["audio""#,
        "\"audio\" no JSON",
        r#"{"result":{"content":[{"type":"audio""#,
    ] {
        let passed = passed(text, "tools/call", Revision::V2024_11_05);
        assert!(text.starts_with(&passed), "{passed}");
    }
    let read = message(&json!({"contents": [{"uri": "a", "type": "audio"}]}));
    assert!(OlderEditor::of("resources/read", Revision::V2024_11_05).is_none());
    assert_eq!(passed(&read, "resources/read", Revision::V2024_11_05), read);
}

#[test]
fn a_key_that_is_not_spelled_out_is_read() {
    let text = r#"{"id":1,"result":{"\u0063ontent":[{"\u0074ype":"a\u0075dio","data":"AA==","mimeType":"audio/wav"}]}}"#;
    let made = result(text, "tools/call", Revision::V2024_11_05);
    assert_eq!(made["content"][0]["type"], "resource");
}

#[test]
fn what_is_held_is_bounded() {
    let mut editor = OlderEditor::of("tools/call", Revision::V2024_11_05).unwrap();
    let mut out = Vec::new();
    let mut feed = |text: &[u8]| {
        out.extend_from_slice(&editor.pass(Bytes::copy_from_slice(text), false));
        (out.clone(), editor.held.len())
    };
    feed(br#"{"id":1,"result":{"content":[{"data":""#);
    let part = vec![b'A'; 32 << 10];
    for _ in 0..4 {
        let (_, held) = feed(&part);
        assert!(held <= TYPE_WITHIN + part.len());
    }
    // It came before its `type`: nobody could know what it is.
    let (told, held) =
        feed(br#"","type":"audio"},{"type":"audio","mimeType":"audio/wav","data":""#);
    assert!(held < 100 && told.ends_with(br#""type":"audio"},"#));
    for _ in 0..(LONGEST / part.len() + 8) {
        let (_, held) = feed(&part);
        assert!(held <= LONGEST + part.len());
    }
    let (told, _) = feed(br#""},{"type":"text","text":"x"}]}}"#);
    let told: Value = serde_json::from_slice(&told).unwrap();
    let content = &told["result"]["content"];
    assert!(content[1]["text"].as_str().unwrap().starts_with("[audio was left out"));
    assert_eq!(content[2]["text"], "x");
}
