//! Answers arrive as they are sent, in the form that the client reads; connections are reused.

use registry_testkit::{
    eventually,
    upstreams::{Gate, Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake},
};
use serde_json::json;

use crate::{messages::modern_echo, support::World};

fn progress(step: u32) -> serde_json::Value {
    let params = json!({ "progressToken": "p", "progress": step });
    json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })
}

#[tokio::test]
async fn progress_arrives_before_the_result_is_sent() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Scripted::start(move |request| {
        answer_handshake(request).unwrap_or_else(|| {
            let result = json!({ "content": [], "resultType": "complete" });
            let result = json!({ "jsonrpc": "2.0", "id": request.id(), "result": result });
            Reply::sse()
                .event(&progress(1))
                .wait(&held)
                .chunk(": still here\n\n")
                .event(&progress(2))
                .wait(&held)
                .event(&result)
                .last_chunk()
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let mut answer = world.mcp().open(&files.path, modern_echo("5", "echo")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert_eq!(answer.next().await.unwrap().json(), progress(1));
    gate.open();
    assert_eq!(answer.next().await.unwrap().json(), progress(2));
    gate.open();
    let last = answer.next().await.unwrap().json();
    assert_eq!((&last["id"], last["result"].is_object()), (&json!(5), true));
    assert_eq!(answer.next().await, None);
}

#[tokio::test]
async fn json_stays_json_and_arrives_part_by_part() {
    let gate = Gate::new();
    let held = gate.clone();
    let upstream = Scripted::start(move |request| {
        answer_handshake(request).unwrap_or_else(|| {
            let half = format!(r#"{{"jsonrpc":"2.0","id":{},"result":{{"content":["#, request.id());
            Reply::chunked(200, "application/json")
                .chunk(half)
                .wait(&held)
                .chunk("]}}")
                .last_chunk()
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let mut answer = world.mcp().open(&files.path, modern_echo("1", "echo")).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let mut text = answer.next_bytes().await.unwrap().to_vec();
    assert!(text.starts_with(b"{\"jsonrpc\""));
    gate.open();
    while let Some(part) = answer.next_bytes().await {
        text.extend_from_slice(&part);
    }
    assert_eq!(text, br#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#);
}

#[tokio::test]
async fn a_client_that_reads_json_only_gets_json_from_a_server_that_streams() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    // The header that axios sends (R385).
    let api = world.mcp();
    for (accept, expected) in [
        ("application/json, text/plain, */*", "application/json"),
        ("application/json, text/event-stream", "text/event-stream"),
    ] {
        let mut request = modern_echo("1", "echo");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let answer = api.request(&files.path, request).await.expect(200);
        assert_eq!(answer.header("content-type"), expected);
        assert_eq!(answer.rpc()["result"]["content"][0]["text"], "hi");
    }
}

#[tokio::test]
async fn calls_one_after_another_use_one_upstream_connection() {
    // A probe is a request on a connection of its own: the first is waited for, and there is no other.
    let world =
        World::with(&[("MREG_SERVICE_WORKERS", "1"), ("MREG_HEALTH_CHECK_INTERVAL", "3600")]).await;
    for json_response in [true, false] {
        let options = RmcpOptions { json_response, ..RmcpOptions::default() };
        let upstream = RmcpServer::start(options);
        let alias = if json_response { "json" } else { "events" };
        let files = world.list(alias, &upstream.url()).await;
        world.probed(alias).await;
        let api = world.mcp();
        let echo = async || {
            let call = api.call_tool(&files.path, "echo", json!({ "text": "x" })).await.expect(200);
            assert_eq!(call.rpc()["result"]["content"][0]["text"], "x");
        };
        echo().await;
        let (connections, requests) = (upstream.connections(), upstream.requests());
        for _ in 0..20 {
            echo().await;
        }
        assert_eq!(upstream.connections(), connections, "{alias}");
        assert_eq!(upstream.requests(), requests + 20, "one client call is one upstream request");
    }
}

#[tokio::test]
async fn a_modern_client_that_leaves_cancels_its_upstream_call() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let bench = upstream.workbench();
    let (api, running) = (world.mcp(), || (bench.slow_running() == 1).then_some(()));
    tokio::select! {
        answer = api.call_tool(&files.path, "slow", json!({})) => panic!("{answer:?}"),
        () = eventually("the call runs", async || running()) => {}
    }
    eventually("it was cancelled", async || (bench.slow_cancelled() == 1).then_some(())).await;
    let record = world.records(1).await.remove(0);
    assert!(!record.success);
    assert_eq!(record.error_code.as_deref(), Some("REQUEST_CANCELLED"));
}

#[tokio::test]
async fn what_an_upstream_asks_of_the_client_is_not_passed_on_to_a_modern_one() {
    let upstream = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| {
            let ask = json!({ "jsonrpc": "2.0", "id": 99, "method": "sampling/createMessage", "params": {} });
            let result = json!({ "jsonrpc": "2.0", "id": request.id(), "result": { "content": [] } });
            Reply::sse().event(&ask).event(&result).last_chunk()
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let mut answer = world.mcp().open(&files.path, modern_echo("1", "echo")).await;
    assert_eq!(answer.next().await.unwrap().json()["id"], 1);
    assert_eq!(answer.next().await, None);
}
