//! What a server tells by itself reaches who listens at its address, in both eras.

use bytes::Bytes;
use http::Request;
use registry_testkit::{
    Api, DEADLINE, EventStream, eventually,
    upstreams::{Gate, Reply, Scripted, ScriptedRequest, answer_handshake},
};
use serde_json::{Value, json};

use crate::messages::{legacy_handshake, modern};
use crate::support::World;

const META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
const NOTE: &str = "note://a";

fn updated(uri: &str) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}})
}

fn said() -> Value {
    json!({
        "jsonrpc": "2.0", "method": "notifications/message",
        "params": {"level": "warning", "data": "something"},
    })
}

fn changed() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
}

/// What every server here offers.
fn offers(request: &ScriptedRequest) -> Option<Reply> {
    (request.rpc_method() == "resources/list").then(|| {
        let resources = json!([{"uri": NOTE, "name": "a"}, {"uri": "note://b", "name": "b"}]);
        let mut result = json!({"resources": resources});
        if request.header("mcp-protocol-version") == "2026-07-28" {
            result["resultType"] = json!("complete");
            result["ttlMs"] = json!(0);
            result["cacheScope"] = json!("private");
        }
        Reply::result(request, &result)
    })
}

/// A server with sessions whose own stream tells this when the gate opens, and then goes on.
fn legacy_server(gate: &Gate) -> Scripted {
    let gate = gate.clone();
    let sessions = std::sync::atomic::AtomicUsize::new(0);
    Scripted::start(move |request| {
        if request.method == "GET" && !request.header("mcp-session-id").is_empty() {
            return Reply::sse()
                .chunk(": here\n\n")
                .wait(&gate)
                .event(&json!({"jsonrpc": "2.0", "id": "p", "method": "ping"}))
                .event(&json!({"jsonrpc": "2.0", "id": "r", "method": "roots/list"}))
                .event(&updated("note://b"))
                .event(&updated(NOTE))
                .event(&changed())
                .event(&said())
                .hang();
        }
        if request.rpc_method() == "initialize" {
            let number = sessions.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let result = json!({
                "protocolVersion": "2025-11-25", "serverInfo": {"name": "telling", "version": "1"},
                "capabilities": {"tools": {}, "resources": {"subscribe": true}},
            });
            let body = json!({"jsonrpc": "2.0", "id": request.id(), "result": result}).to_string();
            return Reply::bytes().send(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s-{number}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ));
        }
        if request.rpc_method().starts_with("resources/")
            && request.rpc_method().ends_with("subscribe")
        {
            return Reply::result(request, &json!({}));
        }
        if request.rpc_method().is_empty() && request.method == "POST" {
            return Reply::bytes().send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        }
        offers(request)
            .or_else(|| legacy_handshake(request))
            .unwrap_or_else(|| Reply::error(request, 200, -32601, "no"))
    })
}

fn modern_server(gate: &Gate) -> Scripted {
    let gate = gate.clone();
    Scripted::start(move |request| {
        if request.rpc_method() == "server/discover" {
            let result = json!({
                "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}, "resources": {"subscribe": true}},
            });
            return Reply::result(request, &result);
        }
        if request.rpc_method() == "subscriptions/listen" {
            let told = |mut message: Value| {
                message["params"]["_meta"][SUBSCRIPTION] = request.id();
                message
            };
            return Reply::sse()
                .event(&told(json!({
                    "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                    "params": {"notifications": request.json()["params"]["notifications"]},
                })))
                .wait(&gate)
                .event(&told(updated("note://b")))
                .event(&told(updated(NOTE)))
                .event(&told(changed()))
                .hang();
        }
        offers(request)
            .or_else(|| answer_handshake(request))
            .unwrap_or_else(|| Reply::error(request, 404, -32601, "no"))
    })
}

async fn told(stream: &mut EventStream) -> Value {
    let event = tokio::time::timeout(DEADLINE, stream.next()).await.expect("a message in time");
    event.expect("a message").json()
}

async fn subscribed(api: &Api, path: &str, notifications: &Value) -> EventStream {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":"s-1","method":"subscriptions/listen","params":{{"notifications":{notifications},"_meta":{{{META}}}}}}}"#
    );
    let mut stream = api.open(path, modern("subscriptions/listen", "", body)).await;
    assert_eq!(stream.status, 200);
    let kept = told(&mut stream).await;
    let mut kept = kept["params"]["notifications"].clone();
    if let Some(Value::Array(addresses)) = kept.get_mut("resourceSubscriptions") {
        addresses.sort_by_key(Value::to_string);
    }
    assert_eq!(kept, *notifications);
    stream
}

async fn begun(api: &Api, path: &str) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    let answer = api.mcp_legacy(path, None, "initialize", hello).await.expect(200);
    assert_eq!(answer.json()["result"]["capabilities"]["resources"]["subscribe"], true);
    answer.header("mcp-session-id").to_owned()
}

async fn by_get(api: &Api, path: &str, session: &str) -> EventStream {
    let request = Request::get("/")
        .header("accept", "text/event-stream")
        .header("mcp-session-id", session)
        .body(Bytes::new())
        .unwrap();
    let stream = api.open(path, request).await;
    assert_eq!(stream.status, 200);
    stream
}

fn uris(requests: &[ScriptedRequest]) -> Vec<Value> {
    requests.iter().map(|request| request.json()["params"]["uri"].clone()).collect()
}

#[tokio::test]
async fn a_modern_client_hears_what_a_server_with_a_handshake_tells() {
    let gate = Gate::new();
    let upstream = legacy_server(&gate);
    let world = World::start().await;
    let path = world.list("telling", &upstream.url()).await.path;
    let wanted = json!({"toolsListChanged": true, "resourceSubscriptions": [NOTE]});
    let mut one = subscribed(&world.mcp(), &path, &wanted).await;
    let mut other = subscribed(&world.mcp(), &path, &json!({"toolsListChanged": true})).await;
    eventually("the server was asked to tell of the resource", async || {
        (!upstream.requests_of("resources/subscribe").is_empty()).then_some(())
    })
    .await;
    gate.open();
    let message = told(&mut one).await;
    assert_eq!(message["params"]["uri"], NOTE, "and not of the other one: {message}");
    assert_eq!(message["params"]["_meta"][SUBSCRIPTION], "s-1");
    for stream in [&mut one, &mut other] {
        assert_eq!(told(stream).await["method"], "notifications/tools/list_changed");
    }
    let streams = upstream.requests().into_iter().filter(|request| request.method == "GET");
    assert_eq!(streams.count(), 1, "one stream for all who listen");
    eventually("the server's own questions are answered", async || {
        let answers: Vec<Value> = upstream.requests().iter().map(ScriptedRequest::json).collect();
        let ping = answers.iter().any(|one| one["id"] == "p" && one["result"].is_object());
        let roots = answers.iter().any(|one| one["id"] == "r" && one["error"]["code"] == -32601);
        (ping && roots).then_some(())
    })
    .await;
    drop((one, other));
    eventually("the server need not tell any more", async || {
        (uris(&upstream.requests_of("resources/unsubscribe")) == [json!(NOTE)]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_in_a_session_hears_what_a_modern_server_tells() {
    let gate = Gate::new();
    let upstream = modern_server(&gate);
    let world = World::start().await;
    let path = world.list("telling", &upstream.url()).await.path;
    let api = world.mcp();
    let session = begun(&api, &path).await;
    let mut stream = by_get(&api, &path, &session).await;
    let params = json!({"uri": NOTE});
    let answer = api.mcp_legacy(&path, Some(&session), "resources/subscribe", params.clone()).await;
    assert_eq!(answer.expect(200).rpc()["result"], json!({}));
    let wanted = |wanted: Value| {
        let upstream = &upstream;
        async move {
            eventually("the server was asked for the resource", async || {
                let all = upstream.requests_of("subscriptions/listen");
                let last = all.last()?.json();
                (last["params"]["notifications"]["resourceSubscriptions"] == wanted).then_some(())
            })
            .await;
        }
    };
    wanted(json!([NOTE])).await;
    gate.open_for_all();
    assert_eq!(told(&mut stream).await["method"], "notifications/resources/updated");
    let _ =
        api.mcp_legacy(&path, Some(&session), "resources/unsubscribe", params).await.expect(200);
    wanted(json!([])).await;
    let unknown = json!({"uri": "note://nonesuch"});
    let refused = api.mcp_legacy(&path, Some(&session), "resources/subscribe", unknown).await;
    assert_eq!(refused.rpc()["error"]["code"], -32602);
    let none = api.mcp_legacy(&path, None, "resources/subscribe", json!({"uri": NOTE})).await;
    assert_eq!(none.rpc()["error"]["code"], -32601, "there is nothing to subscribe for");
}

#[tokio::test]
async fn a_client_in_a_session_hears_what_its_server_tells_in_it() {
    let gate = Gate::new();
    let upstream = legacy_server(&gate);
    let world = World::start().await;
    let path = world.list("telling", &upstream.url()).await.path;
    let api = world.mcp();
    let session = begun(&api, &path).await;
    let params = json!({"uri": NOTE});
    let answer = api.mcp_legacy(&path, Some(&session), "resources/subscribe", params).await;
    assert_eq!(answer.expect(200).rpc()["result"], json!({}));
    let mut stream = by_get(&api, &path, &session).await;
    gate.open();
    for uri in ["note://b", NOTE] {
        assert_eq!(told(&mut stream).await, updated(uri));
    }
    assert_eq!(told(&mut stream).await, changed());
    let subscribed = upstream.requests_of("resources/subscribe");
    let listening = upstream.requests().into_iter().find(|request| request.method == "GET");
    let session = listening.expect("it was followed").header("mcp-session-id").to_owned();
    assert!(subscribed.iter().all(|one| one.header("mcp-session-id") == session));
}

#[tokio::test]
async fn at_the_federated_address_a_modern_client_hears_of_each_servers_resource_by_its_address() {
    let gates = [Gate::new(), Gate::new()];
    let (legacy, modern) = (legacy_server(&gates[0]), modern_server(&gates[1]));
    let world = World::start().await;
    world.list("old", &legacy.url()).await;
    world.list("new", &modern.url()).await;
    let wanted = json!({"resourceSubscriptions": ["new+note://a", "old+note://a"]});
    let mut stream = subscribed(&world.mcp(), "/mcp", &wanted).await;
    for (gate, uri) in gates.iter().zip(["old+note://a", "new+note://a"]) {
        gate.open();
        let message = told(&mut stream).await;
        assert_eq!(message["params"]["uri"], uri, "{message}");
        assert_eq!(message["params"]["_meta"][SUBSCRIPTION], "s-1");
    }
    drop(stream);
    eventually("the server need not tell any more", async || {
        (uris(&legacy.requests_of("resources/unsubscribe")) == [json!(NOTE)]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn at_the_federated_address_a_client_in_a_session_hears_of_the_servers_it_subscribed_to() {
    let gate = Gate::new();
    let upstream = legacy_server(&gate);
    let world = World::start().await;
    world.list("telling", &upstream.url()).await;
    let api = world.mcp();
    let session = begun(&api, "/mcp").await;
    let mut stream = by_get(&api, "/mcp", &session).await;
    let params = json!({"uri": "telling+note://a"});
    let answer = api.mcp_legacy("/mcp", Some(&session), "resources/subscribe", params).await;
    assert_eq!(answer.expect(200).rpc()["result"], json!({}));
    assert_eq!(uris(&upstream.requests_of("resources/subscribe"))[0], NOTE, "as the server has it");
    gate.open();
    for uri in ["telling+note://b", "telling+note://a"] {
        assert_eq!(told(&mut stream).await, updated(uri));
    }
    assert_eq!(told(&mut stream).await, changed());
    assert_eq!(told(&mut stream).await, said());
    let unknown = json!({"uri": "telling+note://nonesuch"});
    let refused = api.mcp_legacy("/mcp", Some(&session), "resources/subscribe", unknown).await;
    assert_eq!(refused.rpc()["error"]["code"], -32602);
}

#[tokio::test]
async fn a_stream_that_breaks_is_opened_again() {
    let gate = Gate::new();
    let (gates, breaks) = (gate.clone(), std::sync::atomic::AtomicUsize::new(0));
    let upstream = Scripted::start(move |request| {
        if request.rpc_method() == "subscriptions/listen" {
            if breaks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                return Reply::sse().chunk(": here\n\n").close();
            }
            return Reply::sse().wait(&gates).event(&changed()).hang();
        }
        answer_handshake(request).unwrap_or_else(|| Reply::error(request, 404, -32601, "no"))
    });
    let world = World::start().await;
    let path = world.list("telling", &upstream.url()).await.path;
    let mut stream = subscribed(&world.mcp(), &path, &json!({"toolsListChanged": true})).await;
    gate.open();
    assert_eq!(told(&mut stream).await["method"], "notifications/tools/list_changed");
    assert_eq!(upstream.requests_of("subscriptions/listen").len(), 2);
}
