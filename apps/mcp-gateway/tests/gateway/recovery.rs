//! An upstream that came back, or forgot us, is called again without the client noticing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use registry_testkit::upstreams::{Era, Reply, RmcpOptions, RmcpServer, Scripted};
use serde_json::json;

use crate::{
    messages::{legacy_handshake, modern_echo},
    support::World,
};

#[tokio::test]
async fn a_session_that_the_upstream_forgot_is_opened_anew() {
    let (opened, forgets) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, forget) = (opened.clone(), forgets.clone());
    let upstream = Scripted::start(move |request| {
        if request.rpc_method() == "initialize" {
            let number = count.fetch_add(1, Ordering::SeqCst);
            let result = json!({
                "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                "serverInfo": { "name": "scripted", "version": "1" },
            });
            let body =
                json!({ "jsonrpc": "2.0", "id": request.id(), "result": result }).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                 mcp-session-id: session-{number}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            return Reply::bytes().send(head).send(body);
        }
        if request.rpc_method() == "tools/call" && forget.swap(false, Ordering::SeqCst) {
            return Reply::json(404, &json!({ "error": "no such session" }));
        }
        legacy_handshake(request)
            .unwrap_or_else(|| Reply::result(request, &json!({ "content": [] })))
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let call = async || {
        let answer = api.request(&files.path, modern_echo("1", "echo")).await.expect(200).rpc();
        assert_eq!(answer["result"]["content"], json!([]), "{answer}");
    };
    call().await;
    let before = opened.load(Ordering::SeqCst);
    forgets.store(true, Ordering::SeqCst);
    call().await;
    assert_eq!(opened.load(Ordering::SeqCst), before + 1);
    let sessions: Vec<String> = upstream
        .requests_of("tools/call")
        .iter()
        .map(|request| request.header("mcp-session-id").to_owned())
        .collect();
    assert_eq!(sessions.len(), 3);
    assert!(sessions[0] == sessions[1] && sessions[1] != sessions[2], "{sessions:?}");
    assert_eq!(world.records(2).await.len(), 2, "the second try is no call of its own");
}

#[tokio::test]
async fn a_server_that_restarted_is_called_again_at_once() {
    let options = RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() };
    let mut upstream = RmcpServer::start(options);
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    api.call_tool(&files.path, "echo", json!({ "text": "x" })).await.expect(200);
    upstream.stop();
    let again = RmcpServer::start(RmcpOptions { port: upstream.port(), ..options });
    let call = api.call_tool(&files.path, "echo", json!({ "text": "y" })).await.expect(200).rpc();
    assert_eq!(call["result"]["content"][0]["text"], "y", "{call}");
    drop(again);
}
