//! Many calls at once, and whose answer is whose.

use std::{collections::HashSet, sync::Arc};

use http::Request;
use registry_testkit::{
    eventually,
    upstreams::{Gate, Reply, RmcpOptions, RmcpServer},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{World, offering, proxied, said, says, simple, tool};

#[tokio::test]
async fn two_hundred_calls_that_all_wait_at_the_same_time_are_all_answered() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = offering(&["wait"], move |request| {
        let content = json!([{ "type": "text", "text": "open" }]);
        let result = json!({ "content": content, "resultType": "complete" });
        let body = json!({ "jsonrpc": "2.0", "id": request.id(), "result": result }).to_string();
        let start = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Reply::bytes().wait(&held).send(start).send(body)
    });
    let world = Arc::new(World::start().await);
    let server = world.list("wait", &upstream.url()).await;
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let world = world.clone();
        calls.spawn(async move {
            let answer = if number % 2 == 0 {
                proxied(&world.stranger, "tools/call", tool("wait")).await
            } else {
                simple(&world.stranger, "tools/call", tool("wait")).await
            };
            said(&answer.expect(200))
        });
    }
    // All of them wait at once, and every one can be seen.
    assert_eq!(world.active(200).await.len(), 200);
    assert_eq!(world.metrics_of(&server).await["active_connections"], 200);
    eventually("all of them are at the server", async || {
        (upstream.requests_of("tools/call").len() == 200).then_some(())
    })
    .await;
    gate.open_for_all();
    while let Some(answer) = calls.join_next().await {
        assert_eq!(answer.unwrap(), "open");
    }
    world.active(0).await;
    let metrics = world.metrics_of(&server).await;
    assert_eq!(
        (&metrics["successful_requests"], &metrics["active_connections"]),
        (&json!(200), &json!(0))
    );
}

#[tokio::test]
async fn ids_come_back_as_they_were_spelled() {
    let sessions = RmcpServer::start(RmcpOptions {
        era: registry_testkit::upstreams::Era::LegacyOnly,
        ..RmcpOptions::default()
    });
    let plain = offering(&["plain"], |request| says(request, "x"));
    let world = World::start().await;
    world.list("sessions", &sessions.url()).await;
    world.list("plain", &plain.url()).await;
    for id in [
        "0",
        "-7",
        r#""1""#,
        r#""""#,
        r#""\u00e9\/""#,
        "9007199254740993",
        "12345678901234567890123",
    ] {
        for (path, name) in
            [("/mcp", "plain"), ("/mcp", "echo"), ("/mcp/proxy", "plain"), ("/mcp/proxy", "echo")]
        {
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{{"text":"x"}}}}}}"#
            );
            let request = Request::post("/").header("content-type", "application/json");
            let request = request.body(body.into()).unwrap();
            let answer = world.stranger.request(path, request).await.expect(200);
            let text = answer.text();
            assert!(text.contains(&format!(r#""id":{id}"#)), "{id} at {path}: {text}");
            assert_eq!(said(&answer), "x");
        }
    }
}

#[tokio::test]
async fn calls_with_the_same_id_at_the_same_time_each_get_their_own_answer() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = Arc::new(World::start().await);
    world.list("echo", &upstream.url()).await;
    let mut calls = JoinSet::new();
    for number in 0..20 {
        let world = world.clone();
        calls.spawn(async move {
            let text = format!("number {number}");
            let call = json!({ "name": "echo", "arguments": { "text": text } });
            let answer = proxied(&world.stranger, "tools/call", call).await.expect(200);
            assert_eq!(answer.json()["id"], 1);
            assert_eq!(said(&answer), text);
            answer.header("x-request-id").to_owned()
        });
    }
    let mut ids = HashSet::new();
    while let Some(id) = calls.join_next().await {
        ids.insert(id.unwrap());
    }
    assert_eq!(ids.len(), 20, "each call has a request id of its own");
}
