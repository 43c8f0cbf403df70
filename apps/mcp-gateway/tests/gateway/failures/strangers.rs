//! What is not the response to a call is never passed on as one, and none holds a call for ever.

use std::time::Duration;

use registry_testkit::upstreams::{Gate, Reply, Scripted, answer_handshake};
use serde_json::json;

use super::is_told;
use crate::{messages::modern_echo, support::World};

/// Well-formed JSON that is no response to the call with id 7.
const STRANGERS: [&str; 13] = [
    "{}",
    r#"{"jsonrpc":"2.0","id":7}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{}}"#,
    r#"{"jsonrpc":"2.0","id":8,"result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","id":8,"result":"x"}"#,
    r#"{"jsonrpc":"2.0","id":"other","result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","id":null,"result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","id":7,"id":7,"result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","id":7,"result":{},"error":{"code":1,"message":"m"}}"#,
    r#"{"id":7,"result":{"content":[]}}"#,
    r#"{"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"m"}}"#,
];

#[tokio::test]
async fn what_is_no_response_to_the_call_is_told_as_a_failure() {
    let world = World::start().await;
    for (number, text) in STRANGERS.into_iter().enumerate() {
        let status = if text.contains("32602") { 400 } else { 200 };
        let upstream = Scripted::start(move |request| {
            let (one, two) = text.split_at(text.len() / 2);
            answer_handshake(request).unwrap_or_else(|| match request.header("mcp-param-cut") {
                "" => Reply::new(status, "application/json", text),
                _ => Reply::chunked(status, "application/json").chunk(one).chunk(two).last_chunk(),
            })
        });
        let files = world.list(&format!("files-{number}"), &upstream.url()).await;
        let api = world.mcp();
        let answer = api.request(&files.path, modern_echo("7", "echo")).await.expect(200).rpc();
        assert_eq!(answer["id"], 7, "{text}");
        is_told(&answer, "PROXY_ERROR");
        // In two parts it is told or broken off, depending on whether the first has gone out.
        let mut request = modern_echo("7", "echo");
        request.headers_mut().insert("mcp-param-cut", "1".parse().unwrap());
        let mut answer = api.open(&files.path, request).await;
        let mut whole = vec![];
        while let Ok(part) = answer.try_next_bytes().await {
            let Some(part) = part else {
                is_told(&serde_json::from_slice(&whole).unwrap(), "PROXY_ERROR");
                break;
            };
            whole.extend_from_slice(&part);
        }
    }
    assert!(world.records(2 * STRANGERS.len()).await.iter().all(|record| !record.success));
}

#[tokio::test]
async fn a_stranger_that_went_out_in_part_is_broken_off_and_recorded_as_a_failure() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Scripted::start(move |request| {
        answer_handshake(request).unwrap_or_else(|| {
            Reply::chunked(200, "application/json")
                .chunk(r#"{"jsonrpc":"2.0","result":{"content":[]},"#)
                .wait(&held)
                .chunk(r#""id":8}"#)
                .last_chunk()
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let mut answer = world.mcp().open(&files.path, modern_echo("7", "echo")).await;
    assert!(answer.next_bytes().await.is_some());
    gate.open();
    while let Ok(part) = answer.try_next_bytes().await {
        assert!(part.is_some(), "it must break off, not end as if it were whole");
    }
    let record = world.records(1).await.remove(0);
    assert_eq!((record.success, record.error_code.as_deref()), (false, Some("PROXY_ERROR")));
}

#[tokio::test]
async fn an_id_that_became_a_string_is_given_back_as_the_client_sent_it() {
    const RESULT: &str = r#""result":{"content":[],"resultType":"complete"}"#;
    let upstream = Scripted::start(|request| {
        let text = format!(r#"{{"jsonrpc":"2.0","id":"7",{RESULT}}}"#);
        answer_handshake(request).unwrap_or_else(|| match request.header("mcp-param-events") {
            "" => Reply::new(200, "application/json", text),
            _ => Reply::sse().chunk(format!("data: {text}\n\n")).last_chunk(),
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let answer = world.mcp().request(&files.path, modern_echo("7", "echo")).await.expect(200);
    assert_eq!(answer.text(), format!(r#"{{"jsonrpc":"2.0","id":7,{RESULT}}}"#));
    let mut request = modern_echo("7", "echo");
    request.headers_mut().insert("mcp-param-events", "1".parse().unwrap());
    let answer = world.mcp().request(&files.path, request).await.expect(200).rpc();
    assert_eq!((&answer["id"], answer["result"].is_object()), (&json!(7), true));
}

#[tokio::test]
async fn of_several_responses_on_a_stream_only_the_calls_own_is_passed_on() {
    let upstream = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| {
            let foreign = json!({ "jsonrpc": "2.0", "id": 8, "result": { "content": [] } });
            let content = json!([{ "type": "text", "text": "own" }]);
            let own =
                json!({ "jsonrpc": "2.0", "id": request.id(), "result": { "content": content } });
            let reply = Reply::sse().event(&foreign);
            let only_foreign = request.header("mcp-param-foreign") == "1";
            if only_foreign { reply.last_chunk() } else { reply.event(&own).last_chunk() }
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    // With null, the upstream knows the call by an id of ours.
    for id in ["7", "null"] {
        for accept in ["application/json, text/event-stream", "application/json"] {
            let mut request = modern_echo(id, "echo");
            request.headers_mut().insert("accept", accept.parse().unwrap());
            let answer = world.mcp().request(&files.path, request).await.expect(200).rpc();
            assert_eq!(answer["result"]["content"][0]["text"], "own", "{answer}");
            assert_eq!(answer["id"].to_string(), id);
        }
    }
    let mut request = modern_echo("7", "echo");
    request.headers_mut().insert("mcp-param-foreign", "1".parse().unwrap());
    is_told(&world.mcp().request(&files.path, request).await.expect(200).rpc(), "PROXY_ERROR");
}

#[tokio::test]
async fn a_refusal_that_trickles_is_given_up() {
    let world = World::with(&[("MREG_REQUEST_TIMEOUT", "1")]).await;
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Scripted::start(move |request| {
        answer_handshake(request).unwrap_or_else(|| {
            let reply = Reply::chunked(400, "application/json");
            (0..100).fold(reply, |reply, _| reply.chunk(" ").wait(&held)).hang()
        })
    });
    let files = world.list("files", &upstream.url()).await;
    let trickle = async {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            gate.open();
        }
    };
    let api = world.mcp();
    let call = api.request(&files.path, modern_echo("7", "echo"));
    let answer = tokio::select! {
        answer = tokio::time::timeout(Duration::from_secs(5), call) => answer.unwrap(),
        () = trickle => unreachable!("it never ends"),
    };
    is_told(&answer.expect(200).rpc(), "TIMEOUT_ERROR");
}
