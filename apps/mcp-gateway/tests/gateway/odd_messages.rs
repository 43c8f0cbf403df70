//! Messages made to confuse: nested without measure, saying one thing twice, naming what was never
//! given out. Each is bounded, refused with the code of its rule or passed on as it is, and hurts no
//! other call.

use registry_testkit::{
    Answer, Api, raw,
    upstreams::{Reply, Scripted, ScriptedRequest, answer_handshake},
};
use serde_json::{Value, json};

use crate::{
    messages::{MODERN_META, legacy, modern},
    support::{Listed, World},
};

/// A server whose every call is answered with "fine", whatever is in it: it reads the head alone.
fn fine() -> Scripted {
    Scripted::start(|request| {
        if is_call(request) {
            let result =
                json!({"content": [{"type": "text", "text": "fine"}], "resultType": "complete"});
            return Reply::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": result }));
        }
        answer_handshake(request).unwrap_or_else(|| Reply::error(request, 404, -32601, "no"))
    })
}

fn is_call(request: &ScriptedRequest) -> bool {
    request.header("mcp-method") == "tools/call"
}

fn calls(upstream: &Scripted) -> Vec<ScriptedRequest> {
    upstream.requests().into_iter().filter(is_call).collect()
}

async fn scene() -> (Scripted, World, Listed) {
    let upstream = fine();
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    (upstream, world, files)
}

/// Both doors, and what the one tool is called there.
fn doors(files: &Listed) -> [(&str, &'static str); 2] {
    [(files.path.as_str(), "echo"), ("/mcp", "files__echo")]
}

async fn is_still_served(api: &Api, files: &Listed) {
    for (path, tool) in doors(files) {
        let answer = api.call_tool(path, tool, json!({ "text": "x" })).await.expect(200).rpc();
        assert_eq!(answer["result"]["content"][0]["text"], "fine", "{answer}");
    }
}

/// A call with these arguments, letter by letter.
fn call(tool: &str, arguments: &str, more: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}{more},"_meta":{{{MODERN_META}}}}}}}"#
    )
}

#[tokio::test]
async fn arguments_nested_ten_thousand_deep_are_passed_on_as_they_are() {
    let (upstream, world, files) = scene().await;
    let api = world.mcp();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let arguments = format!(r#"{{"text":{deep}}}"#);
        for (path, tool) in doors(&files) {
            let sent = call(tool, &arguments, "");
            let answer = api.request(path, modern("tools/call", tool, sent)).await;
            let answer = answer.expect(200).rpc();
            assert_eq!(answer["result"]["content"][0]["text"], "fine", "{answer}");
            let last = calls(&upstream).pop().expect("a call");
            let text = String::from_utf8(last.body.to_vec()).unwrap();
            assert!(text.contains(&deep), "as it came: {} bytes", text.len());
        }
    }
    // Four calls, with the arguments of each kept redacted.
    assert_eq!(world.records(4).await.len(), 4);
}

#[tokio::test]
async fn what_is_nested_where_nothing_is_to_be_nested_is_refused() {
    let (upstream, world, files) = scene().await;
    let api = world.mcp();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        deep.clone(),
        "[".repeat(10_000),
        r#"{"a":"#.repeat(10_000),
        format!(r#"{{"jsonrpc":"2.0","id":{deep},"method":"ping"}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":{deep}}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":{deep}}}}}"#),
    ] {
        for (path, _) in doors(&files) {
            let answer = api.request(path, legacy(body.clone())).await;
            let shown = format!("{}… at {path}: {}", &body[..40], answer.text());
            let code = answer.json()["error"]["code"].as_i64().expect("a code");
            assert!([-32700, -32600, -32602].contains(&code), "{shown}");
            assert!(answer.text().len() < 2_000, "{shown}");
        }
    }
    assert!(calls(&upstream).is_empty(), "nothing of it went on");
    is_still_served(&api, &files).await;
}

/// The error of a refused message; its server must not have seen it.
async fn refused(api: &Api, (path, tool): (&str, &str), body: String) -> Value {
    let answer: Answer = api.request(path, modern("tools/call", tool, body.clone())).await;
    let error = answer.json()["error"].clone();
    assert!(error["code"].is_i64(), "{body} at {path}: {}", answer.text());
    error
}

#[tokio::test]
async fn a_message_that_says_one_thing_twice_is_refused() {
    let (upstream, world, files) = scene().await;
    let api = world.mcp();
    for door in doors(&files) {
        let good = call(door.1, "{}", "");
        for (what, body) in [
            ("id", good.replacen(r#""id":1,"#, r#""id":1,"id":2,"#, 1)),
            ("jsonrpc", good.replacen('{', r#"{"jsonrpc":"2.0","#, 1)),
            ("params", good.replacen('{', r#"{"params":{"name":"nonesuch"},"#, 1)),
            ("params.name", good.replacen(r#""params":{"#, r#""params":{"name":"nonesuch","#, 1)),
            ("params._meta", good.replacen(r#""params":{"#, r#""params":{"_meta":{},"#, 1)),
        ] {
            let error = refused(&api, door, body).await;
            let code = error["code"].as_i64().unwrap();
            assert!([-32600, -32602].contains(&code), "{what} twice: {error}");
        }
    }
    assert!(calls(&upstream).is_empty(), "nothing of it went on");
    is_still_served(&api, &files).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_wherever_they_stand() {
    let (upstream, world, files) = scene().await;
    let api = world.mcp();
    // No UTF-8: a lone byte, a letter cut short, one spelled too long, and half of a pair.
    for bad in [&b"\xff"[..], b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80"] {
        for door in doors(&files) {
            let good = call(door.1, r#"{"text":"@"}"#, "");
            let (one, two) = good.split_once('@').unwrap();
            let body = [one.as_bytes(), bad, two.as_bytes()].concat();
            let answer = api.request(door.0, modern("tools/call", door.1, body)).await;
            assert_eq!(answer.expect(400).json()["error"]["code"], -32700, "{bad:?}");
        }
    }
    assert!(calls(&upstream).is_empty(), "nothing of it went on");
    is_still_served(&api, &files).await;
}

#[tokio::test]
async fn a_task_that_was_never_given_out_is_nobodys() {
    let (upstream, world, files) = scene().await;
    let api = world.mcp();
    for id in ["forged", "files+forged", "../../etc/passwd", "", &"x".repeat(10_000)] {
        for method in ["tasks/get", "tasks/update", "tasks/cancel", "tasks/result"] {
            let answer = api.mcp("/mcp", method, json!({ "taskId": id })).await;
            let error = answer.json()["error"]["code"].as_i64();
            assert!(
                matches!(error, Some(-32601 | -32602 | -32600 | -32020)),
                "{method} {}: {}",
                id.escape_default(),
                answer.text()
            );
        }
    }
    let foreign = api.mcp_legacy("/mcp", None, "tasks/get", json!({ "taskId": "forged" })).await;
    assert!(foreign.json()["error"]["code"].is_i64(), "{}", foreign.text());
    let asked = |request: &ScriptedRequest| request.rpc_method().starts_with("tasks/");
    assert!(!upstream.requests().iter().any(asked), "no server was asked");
    is_still_served(&api, &files).await;
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_refused_and_smuggle_nothing() {
    let (upstream, world, files) = scene().await;
    let inner = call("echo", "{}", "");
    let smuggled = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: echo\r\n\
         content-length: {}\r\n\r\n{inner}",
        files.path,
        world.user,
        inner.len(),
    );
    for lengths in [
        "content-length: 0\r\ntransfer-encoding: chunked".to_owned(),
        "content-length: 4\r\ncontent-length: 5".to_owned(),
        "content-length: -1".to_owned(),
        "content-length: 0x10".to_owned(),
        "content-length: 99999999999999999999999".to_owned(),
        "transfer-encoding: chunked, identity".to_owned(),
        "transfer-encoding: cow".to_owned(),
    ] {
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: a\r\nauthorization: Bearer nobody\r\n{lengths}\r\n\r\n"
        );
        let answer =
            raw(&world.gateway_url(), format!("{head}0\r\n\r\n{smuggled}").as_bytes()).await;
        let status: u16 = answer.get(9..12).and_then(|text| text.parse().ok()).unwrap_or(400);
        assert!((400..500).contains(&status), "{lengths}: {answer}");
    }
    assert!(calls(&upstream).is_empty(), "no call was smuggled in");
    is_still_served(&world.mcp(), &files).await;
}
