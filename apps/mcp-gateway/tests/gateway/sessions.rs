//! Sessions of clients with a handshake. What servers ask through them is shown by the protocol's
//! own suite (`make conformance`).

use bytes::Bytes;
use http::Request;
use registry_testkit::{
    Answer, Api,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::messages::legacy;
use crate::support::World;

fn hello() -> Value {
    json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {"elicitation": {}, "roots": {"listChanged": true}},
        "clientInfo": {"name": "test", "version": "1"},
    })
}

/// Begins a session at an address.
async fn begin(api: &Api, path: &str) -> String {
    let answer = api.mcp_legacy(path, None, "initialize", hello()).await.expect(200);
    answer.header("mcp-session-id").to_owned()
}

async fn end(api: &Api, path: &str, session: Option<&str>) -> Answer {
    let mut request = Request::delete("/");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    api.request(path, request.body(Bytes::new()).unwrap()).await
}

#[tokio::test]
async fn a_session_is_begun_used_and_ended() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    for path in ["/mcp", files.path.as_str()] {
        let session = begin(&api, path).await;
        assert!(session.len() >= 32 && session.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_ne!(session, begin(&api, path).await, "each has its own");
        let list = api.mcp_legacy(path, Some(&session), "tools/list", json!({})).await;
        assert!(list.expect(200).json()["result"]["tools"].is_array());
        end(&api, path, None).await.expect(400);
        end(&api, path, Some(&session)).await.expect(204);
        end(&api, path, Some(&session)).await.expect(404);
        let list = api.mcp_legacy(path, Some(&session), "tools/list", json!({})).await.expect(404);
        assert_eq!(list.json()["error"]["code"], -32600);
        // Who has none goes on without.
        api.mcp_legacy(path, None, "tools/list", json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn a_session_is_nobody_elses() {
    let world = World::start().await;
    let session = begin(&world.mcp(), "/mcp").await;
    let other = world.token(json!({"subject": "eve"})).await;
    let tenant = world.token(json!({"subject": "ada", "tenant": "fabrikam"})).await;
    for token in [&other, &tenant, &world.admin] {
        let api = world.mcp_as(token);
        api.mcp_legacy("/mcp", Some(&session), "tools/list", json!({})).await.expect(404);
        let response = legacy(r#"{"jsonrpc":"2.0","id":"ask-1","result":{}}"#);
        let mut response: Request<Bytes> = response;
        response.headers_mut().insert("mcp-session-id", session.parse().unwrap());
        api.request("/mcp", response).await.expect(404);
        end(&api, "/mcp", Some(&session)).await.expect(404);
    }
    for unknown in ["x", "", &"a".repeat(4000)] {
        world.mcp().mcp_legacy("/mcp", Some(unknown), "tools/list", json!({})).await.expect(404);
    }
    world.mcp().mcp_legacy("/mcp", Some(&session), "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_client_without_a_handshake_has_none() {
    let world = World::start().await;
    let answer = world.mcp().mcp("/mcp", "server/discover", json!({})).await.expect(200);
    assert!(answer.headers.get("mcp-session-id").is_none());
}

#[tokio::test]
async fn two_sessions_of_one_person_are_two_sessions_at_the_server() {
    let upstream =
        RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let before = upstream.seen_of("initialize").len();
    for _ in 0..2 {
        let session = begin(&api, &files.path).await;
        for _ in 0..2 {
            let echo = json!({"name": "echo", "arguments": {"text": "hi"}});
            let answer = api.mcp_legacy(&files.path, Some(&session), "tools/call", echo).await;
            assert_eq!(answer.expect(200).rpc()["result"]["content"][0]["text"], "hi");
        }
    }
    let seen = upstream.seen_of("initialize");
    // The first of them may have found out by another's session that the server keeps any.
    assert!((2..=3).contains(&(seen.len() - before)), "{} sessions", seen.len() - before);
    let told: Value = serde_json::from_slice(&seen.last().unwrap().body).unwrap();
    assert_eq!(told["params"]["capabilities"], json!({"elicitation": {}, "roots": {}}));
}

#[tokio::test]
async fn an_answer_to_nothing_is_taken_and_dropped() {
    let world = World::start().await;
    let api = world.mcp();
    let session = begin(&api, "/mcp").await;
    for session in [Some(session.as_str()), None] {
        let mut response = legacy(r#"{"jsonrpc":"2.0","id":"ask-1","result":{}}"#);
        if let Some(session) = session {
            response.headers_mut().insert("mcp-session-id", session.parse().unwrap());
        }
        api.request("/mcp", response).await.expect(202);
    }
}
