//! What one replica holds (a question that waits, a call, a stream) is reached by messages that land
//! on the other, with Redis and without; and where that replica is gone, the client is told so.

use bytes::Bytes;
use http::Request;
use registry_testkit::{Api, DEADLINE, EventStream, Kind, eventually, upstreams::Gate};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::asking::{LONG, NOTE, legacy_server, modern_server};
use crate::support::{World, path};

const BOTH: &str = "application/json, text/event-stream";
/// The server that asks.
const ASKING: &str = "/servers/asking/mcp";

async fn worlds() -> [World; 2] {
    [World::start(&[]).await, World::without_redis().await]
}

fn call(asked: Option<&Value>) -> Value {
    let mut params = json!({
        "name": "echo", "arguments": {"text": "hi"},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        },
    });
    if let Some(asked) = asked {
        let requests = asked["result"]["inputRequests"].as_object().unwrap();
        let (key, _) = requests.iter().next().unwrap();
        params["inputResponses"] = json!({key: accepted()});
        params["requestState"] = asked["result"]["requestState"].clone();
    }
    params
}

fn accepted() -> Value {
    json!({"action": "accept", "content": {"name": "Ada"}})
}

async fn made(api: &Api, asked: Option<&Value>) -> Value {
    api.mcp(ASKING, "tools/call", call(asked)).await.expect(200).rpc()
}

async fn session(api: &Api, path: &str) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}},
        "clientInfo": {"name": "cluster", "version": "1"},
    });
    let begun = api.mcp_legacy(path, None, "initialize", hello).await.expect(200);
    begun.header("mcp-session-id").to_owned()
}

fn in_session(session: &str, body: &Value) -> Request<Bytes> {
    let request = Request::post("/")
        .header("content-type", "application/json")
        .header("accept", BOTH)
        .header("mcp-protocol-version", "2025-11-25")
        .header("mcp-session-id", session);
    request.body(body.to_string().into()).unwrap()
}

async fn by_get(api: &Api, path: &str, session: &str) -> EventStream {
    let mut request = Request::get("/").header("accept", "text/event-stream");
    if !session.is_empty() {
        request = request.header("mcp-session-id", session);
    }
    let stream = api.open(path, request.body(Bytes::new()).unwrap()).await;
    assert_eq!(stream.status, 200);
    stream
}

async fn told(stream: &mut EventStream) -> Value {
    let event = tokio::time::timeout(DEADLINE, stream.next()).await.unwrap();
    event.unwrap().json()
}

#[tokio::test]
async fn a_retry_finds_its_exchange_from_wherever_it_lands() {
    for world in worlds().await {
        let asking = legacy_server(3, &Gate::new());
        world.list("asking", &asking.url()).await;
        let (one, other) = (world.gateway(0), world.gateway(1));
        let mut asked = made(&one, None).await;
        for (number, api) in [&other, &world.gateway_as("Ada"), &other].into_iter().enumerate() {
            assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
            let questions = asked["result"]["inputRequests"].as_object().unwrap();
            let question = questions.values().next().unwrap();
            assert_eq!(question["params"]["message"], format!("Question {number}?"));
            asked = made(api, Some(&asked)).await;
        }
        let text = asked["result"]["content"][0]["text"].as_str().expect("an answer");
        assert_eq!(text.len(), LONG);
        assert_eq!(asking.requests_of("tools/call").len(), 1, "it was one call");
    }
}

#[tokio::test]
async fn a_retry_whose_replica_is_gone_is_told_so_and_another_persons_finds_nothing() {
    for mut world in worlds().await {
        let asking = legacy_server(1, &Gate::new());
        world.list("asking", &asking.url()).await;
        let asked = made(&world.gateway(0), None).await;
        let eve = Api::new(world.cluster.replicas(Kind::Gateway)[1].gateway_url());
        let eve = eve.with_token(&world.cluster.entra.access_token("Grace"));
        let refused = made(&eve, Some(&asked)).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");

        world.cluster.kill(Kind::Gateway, 0);

        let gone = made(&world.gateway(1), Some(&asked)).await;
        assert_eq!(gone["error"]["code"], -32603, "{gone}");
        let words = gone["error"]["message"].as_str().unwrap();
        assert!(words.contains("is gone") && words.contains("requestState"), "{words}");
    }
}

#[tokio::test]
async fn a_clients_answer_reaches_who_asked_from_wherever_it_lands() {
    for mut world in worlds().await {
        let (legacy, modern) = (legacy_server(1, &Gate::new()), modern_server());
        world.list("asking", &legacy.url()).await;
        world.list("modern", &modern.url()).await;
        let other = world.gateway(1);
        let call = json!({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {"name": "echo", "arguments": {"text": "hi"}},
        });
        for at in [ASKING, "/servers/modern/mcp"] {
            let session = session(&other, at).await;
            let mut stream = world.gateway(0).open(at, in_session(&session, &call)).await;
            let question = told(&mut stream).await;
            assert_eq!(question["method"], "elicitation/create", "{question}");
            let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": accepted()});
            other.request(at, in_session(&session, &answer)).await.expect(202);
            let done = told(&mut stream).await;
            assert!(done["result"]["content"][0]["text"].is_string(), "{done}");
        }
        let session = session(&other, ASKING).await;
        let mut stream = world.gateway(0).open(ASKING, in_session(&session, &call)).await;
        let question = told(&mut stream).await;

        world.cluster.kill(Kind::Gateway, 0);

        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": accepted()});
        let gone = other.request(ASKING, in_session(&session, &answer)).await.expect(200).json();
        assert_eq!(gone["error"]["code"], -32603, "{gone}");
        assert!(gone["error"]["message"].as_str().unwrap().contains("is gone"), "{gone}");
    }
}

#[tokio::test]
async fn a_call_is_cancelled_in_its_session_from_wherever_that_is_said() {
    for world in worlds().await {
        let (one, other) = (world.gateway(0), world.gateway(1));
        let session = session(&other, &path()).await;
        let call = json!({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {"name": "slow", "arguments": {}},
        });
        let mut calls = JoinSet::new();
        let request = in_session(&session, &call);
        calls.spawn(async move { one.request(&path(), request).await });
        eventually("the server was called", async || {
            (world.upstream.workbench().slow_running() == 1).then_some(())
        })
        .await;
        let cancel = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7},
        });
        other.request(&path(), in_session(&session, &cancel)).await.expect(202);
        let answer = calls.join_next().await.unwrap().unwrap().rpc();
        assert_eq!(answer["error"]["code"], -32800, "{answer}");
    }
}

#[tokio::test]
async fn a_stream_tells_of_a_resource_that_was_subscribed_to_at_another_replica() {
    for world in worlds().await {
        let (one, other) = (world.gateway(0), world.gateway(1));
        for is_first in [true, false] {
            let (alias, gate) = (if is_first { "first" } else { "later" }, Gate::new());
            let upstream = legacy_server(0, &gate);
            world.list(alias, &upstream.url()).await;
            let at = format!("/servers/{alias}/mcp");
            let session = session(&one, &at).await;
            let subscribe = async || {
                let params = json!({"uri": NOTE});
                let method = "resources/subscribe";
                one.mcp_legacy(&at, Some(&session), method, params).await.expect(200);
            };
            if is_first {
                subscribe().await;
            }
            let mut stream = by_get(&other, &at, &session).await;
            if !is_first {
                let listens = "the server is listened to";
                eventually(listens, async || {
                    let gets = upstream.requests().into_iter().any(|one| one.method == "GET");
                    gets.then_some(())
                })
                .await;
                subscribe().await;
            }
            // Also the session of the server in which the stream is.
            eventually("the server was asked to tell there", async || {
                let all = upstream.requests();
                let stream = all.iter().find(|one| one.method == "GET")?;
                let stream = stream.header("mcp-session-id");
                let mut asked = upstream.requests_of("resources/subscribe").into_iter();
                asked.any(|one| one.header("mcp-session-id") == stream).then_some(())
            })
            .await;
            gate.open_for_all();
            let message = told(&mut stream).await;
            assert_eq!(message["params"]["uri"], NOTE, "{message}");
        }
    }
}

#[tokio::test]
async fn a_message_for_an_event_stream_of_the_first_revision_is_answered_on_it() {
    for world in worlds().await {
        let mut stream = by_get(&world.gateway(0), "/servers/files/sse", "").await;
        let first = stream.next().await.expect("an address");
        let address = url::Url::parse("http://gateway").unwrap().join(&first.data).unwrap();
        let address = address[url::Position::BeforePath..].to_owned();
        let ping = json!({"jsonrpc": "2.0", "id": 5, "method": "ping"});
        let post = async |api: &Api| {
            let request = Request::post("/").header("content-type", "application/json");
            api.request(&address, request.body(ping.to_string().into()).unwrap()).await
        };
        for which in [1, 0] {
            post(&world.gateway(which)).await.expect(202);
            assert_eq!(told(&mut stream).await["id"], 5);
        }
    }
}
