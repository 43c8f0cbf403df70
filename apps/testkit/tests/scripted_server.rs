//! The scripted server does what it is told.

use registry_testkit::{
    Api,
    clients::{call, legacy_client, modern_client},
    raw,
    upstreams::{Gate, Reply, Scripted, answer_handshake},
};
use serde_json::json;

#[tokio::test]
async fn sdk_clients_accept_the_handshake_and_see_the_misbehaviour() {
    let server = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| Reply::new(200, "text/html", "<h1>hello</h1>"))
    });
    for client in [
        modern_client(&server.url(), "").await.unwrap(),
        legacy_client(&server.url(), "").await.unwrap(),
    ] {
        assert_eq!(client.list_all_tools().await.unwrap().len(), 1);
        assert!(client.call_tool(call("echo", json!({ "text": "x" }))).await.is_err());
    }
    assert_eq!(server.requests_of("tools/call").len(), 2);
}

#[tokio::test]
async fn events_are_sent_when_the_gate_opens() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Scripted::start(move |request| {
        let result = json!({ "jsonrpc": "2.0", "id": request.id(), "result": {} });
        Reply::sse().event(&json!({ "first": true })).wait(&held).event(&result).last_chunk()
    });
    let api = Api::new(server.base());
    let mut answer = api.mcp_open("/mcp", "tools/call", json!({ "name": "echo" })).await;
    assert_eq!(answer.next().await.unwrap().json(), json!({ "first": true }));
    gate.open();
    assert_eq!(answer.next().await.unwrap().json()["id"], 1);
    assert_eq!(answer.next().await, None);
}

#[tokio::test]
async fn an_answer_can_break_off() {
    let server = Scripted::start(|request| match request.path.as_str() {
        "/close" => Reply::chunked(200, "application/json").chunk("{\"half\":").close(),
        _ => Reply::bytes().reset(),
    });
    let api = Api::new(server.base());
    let mut answer = api.mcp_open("/close", "tools/call", json!({})).await;
    assert!(answer.try_next_bytes().await.unwrap().is_some());
    assert!(answer.try_next_bytes().await.is_err());
    assert_eq!(raw(&server.base(), b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await, "");
}

#[tokio::test]
async fn requests_are_kept_as_they_came() {
    let server = Scripted::start(|_| Reply::json(200, &json!({ "ok": true })));
    let bytes =
        b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Odd: One\r\nTransfer-Encoding: chunked\r\n\r\n\
                  3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n";
    let answer = raw(&server.base(), bytes).await;
    assert!(answer.ends_with("{\"ok\":true}"), "{answer}");
    let request = server.requests().remove(0);
    assert_eq!((request.path.as_str(), request.header("x-odd")), ("/a?b=c", "One"));
    assert_eq!(request.body, "abcde");
}
