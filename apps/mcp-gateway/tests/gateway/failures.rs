//! An upstream that fails is told to the client as what it is: never an empty answer, never a hang.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use registry_testkit::upstreams::{
    Reply, RmcpOptions, RmcpServer, Scripted, ScriptedRequest, answer_handshake,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{messages::modern_echo, support::World};

mod strangers;

type Make = fn() -> Reply;
type Script = fn(&ScriptedRequest) -> Reply;

/// A failed tool call is a result that the model can read: what happened, and what to do.
fn is_told(answer: &Value, code: &str) {
    let result = &answer["result"];
    assert_eq!(result["isError"], true, "{answer}");
    assert_eq!(result["_meta"]["mcp-registry/error"], code, "{answer}");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Server files") && text.lines().count() == 2, "{text}");
}

#[tokio::test]
async fn an_upstream_that_is_gone_is_told_in_the_way_of_each_method() {
    // More calls fail here than a breaker would let through.
    let world = World::with(&[("MREG_CIRCUIT_BREAKER_ENABLED", "false")]).await;
    let mut upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    api.call_tool(&files.path, "echo", json!({ "text": "x" })).await.expect(200);
    upstream.stop();
    for path in [files.path.as_str(), "/mcp"] {
        let tool = if path == "/mcp" { "files__echo" } else { "echo" };
        let call = json!({ "name": tool, "arguments": { "text": "x" } });
        let modern = api.mcp(path, "tools/call", call.clone()).await.expect(200).rpc();
        is_told(&modern, "SERVER_UNAVAILABLE");
        assert_eq!(modern["result"]["resultType"], "complete");
        let legacy = api.mcp_legacy(path, None, "tools/call", call).await.expect(200).rpc();
        is_told(&legacy, "SERVER_UNAVAILABLE");
        assert_eq!(legacy["result"].get("resultType"), None);
    }
    for (method, params) in [
        ("resources/read", json!({ "uri": "note://x" })),
        ("prompts/get", json!({ "name": "greet", "arguments": { "name": "x" } })),
    ] {
        let answer = api.mcp(&files.path, method, params).await.expect(200).rpc();
        assert_eq!(answer["error"]["code"], -32603, "{answer}");
        assert_eq!(answer["error"]["data"]["error"], "SERVER_UNAVAILABLE");
    }
    let again = RmcpServer::start(RmcpOptions { port: upstream.port(), ..RmcpOptions::default() });
    let call = api.call_tool(&files.path, "echo", json!({ "text": "back" })).await.expect(200);
    assert_eq!(call.rpc()["result"]["content"][0]["text"], "back");
    drop(again);
}

#[tokio::test]
async fn an_upstream_that_hangs_is_given_up() {
    let world = World::with(&[("MREG_REQUEST_TIMEOUT", "1")]).await;
    let half = r#"{"jsonrpc":"2.0","id":1,"#;
    let hangs: [Make; 3] = [
        || Reply::bytes().hang(),
        || Reply::sse().chunk(": begun\n\n").hang(),
        || Reply::sse().event(&json!({ "jsonrpc": "2.0", "method": "notifications/x" })).hang(),
    ];
    for (number, hang) in hangs.into_iter().enumerate() {
        let upstream =
            Scripted::start(move |request| answer_handshake(request).unwrap_or_else(hang));
        let files = world.list(&format!("files-{number}"), &upstream.url()).await;
        let answer = world.mcp().request(&files.path, modern_echo("3", "echo")).await.expect(200);
        let answer = answer.rpc();
        assert_eq!(answer["id"], 3);
        is_told(&answer, "TIMEOUT_ERROR");
        assert!(answer.to_string().contains("may have taken effect"), "{answer}");
    }
    let upstream = Scripted::start(move |request| {
        answer_handshake(request)
            .unwrap_or_else(|| Reply::chunked(200, "application/json").chunk(half).hang())
    });
    let files = world.list("halfway", &upstream.url()).await;
    let mut answer = world.mcp().open(&files.path, modern_echo("1", "echo")).await;
    let ended = loop {
        match answer.try_next_bytes().await {
            Ok(Some(_)) => {}
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    assert!(!ended, "half an answer must break off, not end as if it were whole");
}

#[tokio::test]
async fn of_many_who_wait_for_an_upstream_to_open_none_waits_for_the_others_to_fail() {
    let world = World::with(&[("MREG_HEALTH_CHECK_TIMEOUT", "1")]).await;
    let hangs = Arc::new(AtomicBool::new(false));
    let hanging = hangs.clone();
    let upstream = Scripted::start(move |request| {
        if hanging.load(Ordering::SeqCst) {
            return Reply::bytes().hang();
        }
        answer_handshake(request).unwrap_or_else(|| Reply::bytes().hang())
    });
    let files = world.list("files", &upstream.url()).await;
    hangs.store(true, Ordering::SeqCst);
    let asked = || upstream.requests_of("server/discover").len();
    let before = asked();
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        let (api, path) = (world.mcp(), files.path.clone());
        calls.spawn(async move {
            let answer = api.request(&path, modern_echo("1", "echo")).await.expect(200).rpc();
            is_told(&answer, "TIMEOUT_ERROR");
            assert!(answer.to_string().contains("The call was not made"), "{answer}");
        });
    }
    calls.join_all().await;
    let tries = asked() - before;
    assert!(tries < 8, "each of 8 calls waited for the tries of those before it");
    assert!(upstream.requests_of("tools/call").is_empty());
}

/// What a broken upstream may send in place of an answer.
fn nonsense() -> Vec<(&'static str, Script)> {
    vec![
        ("500", |_| Reply::new(500, "text/plain", "oops")),
        ("500 json", |_| Reply::json(500, &json!({ "error": "oops" }))),
        ("503 html", |_| Reply::new(503, "text/html", "<h1>down</h1>")),
        ("html", |_| Reply::new(200, "text/html", "<h1>hello</h1>")),
        ("202", |_| Reply::bytes().send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")),
        ("empty", |_| Reply::new(200, "application/json", "")),
        ("no json", |_| Reply::new(200, "application/json", "hello")),
        ("no json-rpc", |_| Reply::json(200, &json!([1, 2]))),
        ("redirect", |_| {
            Reply::bytes().send(
                "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            )
        }),
        ("401", |_| Reply::json(401, &json!({}))),
        ("empty events", |_| Reply::sse().last_chunk()),
        ("bad event", |_| Reply::sse().chunk("data: hello\n\n").last_chunk()),
        ("events break off", |_| Reply::sse().chunk("data: {\"json").close()),
        ("no http", |_| Reply::bytes().send("hello\r\n\r\n").close()),
        ("close", |_| Reply::bytes().close()),
        ("reset", |_| Reply::bytes().reset()),
        ("our hop's error", |request| Reply::error(request, 400, -32020, "header mismatch")),
    ]
}

#[tokio::test]
async fn nonsense_is_told_as_an_error_and_recorded_as_one() {
    let world = World::start().await;
    let api = world.mcp();
    let cases = nonsense();
    for (number, (name, reply)) in cases.iter().copied().enumerate() {
        let upstream = Scripted::start(move |request| {
            answer_handshake(request).unwrap_or_else(|| reply(request))
        });
        let files = world.list(&format!("files-{number}"), &upstream.url()).await;
        let answer = api.request(&files.path, modern_echo("\"x\"", "echo")).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let answer = answer.rpc();
        let result = &answer["result"];
        assert_eq!((&answer["id"], &result["isError"]), (&json!("x"), &json!(true)), "{name}");
        let code = result["_meta"]["mcp-registry/error"].as_str().unwrap();
        assert!(["PROXY_ERROR", "SERVER_UNAVAILABLE"].contains(&code), "{name}: {code}");
        let text = answer.to_string();
        assert!(!text.contains("oops") && !text.contains("hello"), "{name}: {text}");
        assert_eq!(upstream.requests_of("tools/call").len(), 1, "{name}: a call is sent once");
    }
    let records = world.records(cases.len()).await;
    assert!(records.iter().all(|record| !record.success && record.error_code.is_some()));
}

#[tokio::test]
async fn half_an_answer_is_never_taken_for_a_whole_one() {
    const HALF: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":["#;
    let halves: [(&str, Make); 4] = [
        ("chunks", || Reply::chunked(200, "application/json").chunk(HALF).close()),
        ("ended", || Reply::chunked(200, "application/json").chunk(HALF).last_chunk()),
        ("whole", || Reply::new(200, "application/json", HALF)),
        ("length", || {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                        content-length: 900\r\n\r\n";
            Reply::bytes().send(head).send(HALF).close()
        }),
    ];
    let world = World::start().await;
    for (alias, half) in halves {
        let upstream =
            Scripted::start(move |request| answer_handshake(request).unwrap_or_else(half));
        let files = world.list(alias, &upstream.url()).await;
        let mut answer = world.mcp().open(&files.path, modern_echo("1", "echo")).await;
        let mut text = vec![];
        let whole = loop {
            match answer.try_next_bytes().await {
                Ok(Some(part)) => text.extend_from_slice(&part),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if whole {
            let answer: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(answer["result"]["isError"], true, "{answer}");
        }
    }
    assert!(world.records(4).await.iter().all(|record| !record.success));
}

#[tokio::test]
async fn a_json_rpc_error_of_the_upstream_is_passed_on() {
    for (status, code, expected) in
        [(200, -32050, 200), (400, -32602, 400), (400, -32021, 400), (404, -32601, 404)]
    {
        let upstream = Scripted::start(move |request| {
            answer_handshake(request)
                .unwrap_or_else(|| Reply::error(request, status, code, "as the server says"))
        });
        let world = World::start().await;
        let files = world.list("files", &upstream.url()).await;
        let answer = world.mcp().request(&files.path, modern_echo("4", "echo")).await;
        let answer = answer.expect(expected).json();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(4), &json!(code)));
        assert_eq!(answer["error"]["message"], "as the server says");
    }
}
