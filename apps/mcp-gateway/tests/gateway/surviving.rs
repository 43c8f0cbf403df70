//! A client with a handshake that disconnects does not lose its call, in a session or in none; one
//! that cancels it does.

#![expect(clippy::disallowed_methods, reason = "a test's own client, which it aborts and joins")]

use http::Request;
use registry_testkit::{
    Api, eventually,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::messages::{builder, legacy};
use crate::support::World;

async fn session(api: &Api, path: &str) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let answer = api.mcp_legacy(path, None, "initialize", hello).await.expect(200);
    answer.header("mcp-session-id").to_owned()
}

fn in_session(session: &str, body: &Value) -> Request<bytes::Bytes> {
    let mut request = legacy(body.to_string());
    request.headers_mut().insert("mcp-session-id", session.parse().unwrap());
    request
}

fn slow(id: u32) -> Value {
    let params = json!({"name": "slow", "arguments": {}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

async fn asked(upstream: &RmcpServer, calls: usize) {
    eventually("the server was called", async || {
        (upstream.seen_of("tools/call").len() == calls).then_some(())
    })
    .await;
}

fn servers() -> [RmcpServer; 2] {
    [Era::LegacyOnly, Era::ModernOnly]
        .map(|era| RmcpServer::start(RmcpOptions { era, ..RmcpOptions::default() }))
}

#[tokio::test]
async fn a_call_whose_client_disconnects_is_finished_and_recorded() {
    for upstream in servers() {
        let world = World::start().await;
        let path = world.list("files", &upstream.url()).await.path;
        let session = session(&world.mcp(), &path).await;
        let api = world.mcp();
        let batch = builder().header("mcp-protocol-version", "2025-03-26");
        let batch = batch.body(json!([slow(1)]).to_string().into()).unwrap();
        let calls = [in_session(&session, &slow(1)), legacy(slow(1).to_string()), batch];
        for (before, call) in calls.into_iter().enumerate() {
            let (at, api) = (path.clone(), api.clone());
            let client = tokio::spawn(async move { api.open(&at, call).await });
            asked(&upstream, before + 1).await;
            client.abort();
            // Aborted or, with its head received, done: either way its connection is gone.
            drop(client.await);
            upstream.workbench().slow_gate.open();
            // The handshake is one too.
            let records = world.records(before + 2).await;
            assert!(records.iter().all(|record| record.success), "{records:#?}");
        }
        assert!(upstream.seen_of("notifications/cancelled").is_empty());
    }
}

#[tokio::test]
async fn a_call_of_a_revision_without_a_handshake_ends_with_its_connection() {
    let [upstream, _] = servers();
    let world = World::start().await;
    let path = world.list("files", &upstream.url()).await.path;
    let api = world.mcp();
    let client = tokio::spawn(async move { api.call_tool(&path, "slow", json!({})).await });
    asked(&upstream, 1).await;
    client.abort();
    drop(client.await);
    let records = world.records(1).await;
    assert!(!records[0].success, "{records:#?}");
}

#[tokio::test]
async fn a_client_cancels_its_call_by_saying_so() {
    for upstream in servers() {
        let world = World::start().await;
        let path = world.list("files", &upstream.url()).await.path;
        let api = world.mcp();
        let (own, other) = (session(&api, &path).await, session(&api, &path).await);
        let calling = {
            let (api, path, call) = (world.mcp(), path.clone(), in_session(&own, &slow(7)));
            tokio::spawn(async move { api.request(&path, call).await })
        };
        asked(&upstream, 1).await;
        let cancel = |id: u32| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        // Another session's call of the same id, and another call, are not meant.
        api.request(&path, in_session(&other, &cancel(7))).await.expect(202);
        api.request(&path, in_session(&own, &cancel(8))).await.expect(202);
        assert!(!calling.is_finished());
        api.request(&path, in_session(&own, &cancel(7))).await.expect(202);
        let answer = calling.await.unwrap().rpc();
        assert_eq!(answer["error"]["code"], -32800, "{answer}");
    }
}
