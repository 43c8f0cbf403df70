//! Clients of older revisions: the event stream of 2024-11-05, and the batches of 2025-03-26.

use std::process::Command;

use bytes::Bytes;
use http::Request;
use registry_testkit::upstreams::{Conduct, Peer, RmcpOptions, RmcpServer};
use registry_testkit::{Answer, Api, EventStream, eventually};
use serde_json::{Value, json};

use crate::messages::builder;
use crate::support::World;

/// A client's stream, and where it posts to.
struct Old {
    api: Api,
    stream: EventStream,
    address: String,
}

impl Old {
    async fn open(api: Api, path: &str) -> Self {
        let request = Request::get("/").header("accept", "text/event-stream");
        let mut stream = api.open(path, request.body(Bytes::new()).unwrap()).await;
        assert_eq!(stream.status, 200);
        let first = stream.next().await.expect("an event");
        assert_eq!(first.name.as_deref(), Some("endpoint"));
        Self { api, stream, address: first.data }
    }

    async fn post(&self, message: &Value) -> Answer {
        post(&self.api, &self.address, message).await
    }

    /// Sends a request and reads until its answer.
    async fn ask(&mut self, id: u32, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.post(&message).await.expect(202);
        loop {
            let event = self.stream.next().await.expect("an event");
            if !event.data.is_empty() && event.json()["id"] == id {
                return event.json();
            }
        }
    }

    async fn hello(&mut self, revision: &str, capabilities: Value) {
        let hello = json!({
            "protocolVersion": revision, "capabilities": capabilities,
            "clientInfo": {"name": "old", "version": "1"},
        });
        let answer = self.ask(1, "initialize", hello).await;
        assert_eq!(answer["result"]["protocolVersion"], revision);
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.post(&ready).await.expect(202);
    }
}

async fn post(api: &Api, address: &str, message: &Value) -> Answer {
    let request = Request::post("/").header("content-type", "application/json");
    api.request(address, request.body(message.to_string().into()).unwrap()).await
}

#[tokio::test]
async fn a_client_of_the_first_revision_lists_and_calls_at_both_doors() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    for (path, tool) in [("/sse", "files__echo"), ("/servers/files/sse", "echo")] {
        let mut old = Old::open(world.mcp(), path).await;
        old.hello("2024-11-05", json!({})).await;
        let list = old.ask(2, "tools/list", json!({})).await;
        let names: Vec<&str> = list["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|tool| tool["name"].as_str())
            .collect();
        assert!(names.contains(&tool), "{names:?}");
        let call = json!({"name": tool, "arguments": {"text": "hi"}});
        let answer = old.ask(3, "tools/call", call).await;
        assert_eq!(answer["result"]["content"][0]["text"], "hi", "{answer}");
        let unknown = old.ask(4, "tools/call", json!({"name": "no-such"})).await;
        assert!(unknown["error"]["code"].is_i64(), "{unknown}");
    }
    world.records(8).await;
}

#[tokio::test]
async fn a_stream_is_its_callers_alone_and_its_doors_alone() {
    let world = World::start().await;
    let old = Old::open(world.mcp(), "/sse").await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let eve = world.token(json!({"subject": "eve"})).await;
    for (api, address) in [
        (world.mcp_as(&eve), old.address.clone()),
        (world.mcp(), "/messages?session_id=0".to_owned()),
        (world.mcp(), "/messages".to_owned()),
        (world.mcp(), format!("/servers/files{}", old.address)),
    ] {
        post(&api, &address, &ping).await.expect(404);
    }
    post(&Api::new(world.gateway_url()), &old.address, &ping).await.expect(401);
    old.post(&ping).await.expect(202);
    old.post(&json!("nonsense")).await.expect(400);
    // With its stream goes its address.
    let Old { api, stream, address } = old;
    drop(stream);
    eventually("the stream is gone", async || {
        (post(&api, &address, &ping).await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_servers_question_comes_on_the_stream_and_its_answer_goes_back() {
    let peer = Peer::of_sockets(Conduct::Legacy);
    let world = World::start().await;
    world.list("peer", &peer.url()).await;
    let mut old = Old::open(world.mcp(), "/servers/peer/sse").await;
    // Newer clients may speak over the older transport; the first revision knows no such question.
    old.hello("2025-06-18", json!({"elicitation": {}})).await;
    let call =
        json!({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "ask"}});
    old.post(&call).await.expect(202);
    let question = old.stream.next().await.expect("a question").json();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let reply = json!({
        "jsonrpc": "2.0", "id": question["id"],
        "result": {"action": "accept", "content": {"name": "Ada"}},
    });
    old.post(&reply).await.expect(202);
    let answer = old.stream.next().await.expect("the result").json();
    assert_eq!(answer["result"]["content"][0]["text"], r#"{"name":"Ada"}"#, "{answer}");
}

#[tokio::test]
async fn the_python_sdk_speaks_the_older_transport_with_us() {
    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/sdks");
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    let (url, token) = (format!("{}/servers/files/sse", world.gateway_url()), world.user.clone());
    let ran = tokio::task::spawn_blocking(move || {
        let done = Command::new(format!("{FOLDER}/install")).output().expect("install runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let python = String::from_utf8(done.stdout).expect("a path").trim().to_owned();
        let mut client = Command::new(python);
        client.args(["sse.py", &url, "echo"]).env("TOKEN", token).current_dir(FOLDER);
        client.output().expect("the client runs")
    });
    let done = ran.await.expect("the client is waited for");
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{words}");
    let found: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(found["said"], "hello", "{found}");
    assert!(found["tools"].as_array().unwrap().contains(&json!("echo")), "{found}");
}

async fn batch(api: &Api, path: &str, revision: Option<&str>, messages: &Value) -> Answer {
    let mut request = builder();
    if let Some(revision) = revision {
        request = request.header("mcp-protocol-version", revision);
    }
    api.request(path, request.body(messages.to_string().into()).unwrap()).await
}

fn ask(id: &str, method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

#[tokio::test]
async fn a_batch_is_answered_together_and_each_of_its_calls_is_permitted_and_recorded_alone() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    for (path, tool) in [("/mcp", "files__echo"), (files.path.as_str(), "echo")] {
        let messages = json!([
            ask("one", "tools/call", &json!({"name": tool, "arguments": {"text": "1"}})),
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            ask("two", "tools/call", &json!({"name": "stranger__tool"})),
            ask("three", "initialize", &json!({"protocolVersion": "2025-03-26"})),
            7,
            ask("four", "ping", &json!({})),
        ]);
        let answer = batch(&world.mcp(), path, None, &messages).await.expect(200).json();
        let answers = answer.as_array().expect("an array");
        let of = |id: Value| answers.iter().find(|answer| answer["id"] == id).expect("an answer");
        assert_eq!(of(json!("one"))["result"]["content"][0]["text"], "1");
        assert!(of(json!("two"))["error"].is_object());
        assert_eq!(of(json!("three"))["error"]["code"], -32600);
        assert_eq!(of(Value::Null)["error"]["code"], -32600);
        assert_eq!(of(json!("four"))["result"], json!({}));
        assert_eq!(answers.len(), 5);
    }
    // Three calls of each batch: what is no call is none in the records either.
    let records = world.records(6).await;
    assert!(records.iter().any(|record| record.tool_name.as_deref() == Some("echo")));
}

#[tokio::test]
async fn a_batch_is_bounded_and_other_revisions_have_none() {
    let world = World::start().await;
    let api = world.mcp();
    let ping = |id: usize| ask(&id.to_string(), "ping", &json!({}));
    let many: Vec<Value> = (0..51).map(ping).collect();
    let revision = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    let modern = json!([ask("m", "tools/list", &json!({ "_meta": revision }))]);
    for (revision, messages) in [
        (None, json!([])),
        (None, json!(many)),
        (None, modern),
        (Some("2025-06-18"), json!([ping(1)])),
        (Some("2025-11-25"), json!([ping(1)])),
        (Some("2026-07-28"), json!([ping(1)])),
    ] {
        let answer = batch(&api, "/mcp", revision, &messages).await.expect(400).json();
        assert_eq!(answer["error"]["code"], -32600, "{revision:?} {messages}");
    }
    for revision in [None, Some("2025-03-26")] {
        let fifty = json!(many[..50]);
        let answer = batch(&api, "/mcp", revision, &fifty).await.expect(200).json();
        assert_eq!(answer.as_array().map(Vec::len), Some(50));
        let told = json!([{"jsonrpc": "2.0", "method": "notifications/initialized"}]);
        batch(&api, "/mcp", revision, &told).await.expect(202);
    }
}

#[tokio::test]
async fn each_message_of_a_batch_counts_against_the_limit() {
    let world = World::with(&[("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "20")]).await;
    let api = world.mcp();
    let pings: Vec<Value> = (0..21).map(|id| ask(&id.to_string(), "ping", &json!({}))).collect();
    batch(&api, "/mcp", None, &json!(pings)).await.expect(429);
}
