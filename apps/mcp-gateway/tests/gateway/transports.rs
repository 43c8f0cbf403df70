//! Servers of other transports than streamable HTTP, called through the running gateway.

use registry_testkit::upstreams::{Conduct, Peer};
use registry_testkit::{Answer, Api, eventually};
use serde_json::{Value, json};

use crate::support::World;

const SSE: (&str, &str) = ("MREG_ENABLE_LEGACY_SSE", "true");

/// Both transports whose servers are reached over a socket, each in a world of its own.
async fn each() -> [(World, Peer, &'static str); 2] {
    let sse = (World::with(&[SSE]).await, Peer::of_events(Conduct::Legacy), "sse");
    let socket = (World::with(&[]).await, Peer::of_sockets(Conduct::Legacy), "websocket");
    [sse, socket]
}

/// Lists a server directly, by its transport; answers its path at the gateway.
async fn listed(world: &World, url: &str, transport: &str) -> String {
    let draft = json!({
        "name": "peer", "endpoint_url": url, "transport_type": transport, "alias": "peer",
    });
    world.registry().post("/api/v1/servers", &draft).await.expect(201);
    let path = "/servers/peer/mcp".to_owned();
    let admin = world.mcp_as(&world.admin);
    eventually("the gateway serves the server", async || {
        let list = admin.mcp(&path, "tools/list", json!({})).await;
        let is_there = list.status == 200 && list.text().contains("echo");
        is_there.then_some(())
    })
    .await;
    path
}

fn said(answer: &Answer) -> String {
    answer.rpc()["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

async fn echoes(api: &Api, path: &str, text: &str) {
    let answer = api.call_tool(path, "echo", json!({"text": text})).await.expect(200);
    assert_eq!(said(&answer), text, "{}", answer.text());
}

#[tokio::test]
async fn a_server_of_another_transport_is_listed_read_called_and_told_by_its_transport() {
    for (world, peer, transport) in each().await {
        let path = listed(&world, &peer.url(), transport).await;
        let found = world.registry().get("/api/v1/servers?name=peer").await.json();
        assert_eq!(found[0]["transport_type"], transport);
        echoes(&world.mcp(), &path, "grüße").await;
        let federated = world.mcp().call_tool("/mcp", "peer__echo", json!({"text": "all"})).await;
        assert_eq!(said(&federated), "all");
        let legacy = world.mcp();
        let call = json!({"name": "echo", "arguments": {"text": "old"}});
        assert_eq!(said(&legacy.mcp_legacy(&path, None, "tools/call", call).await), "old");
    }
}

#[tokio::test]
async fn a_websocket_server_that_is_registered_is_discovered_approved_and_called() {
    for conduct in [Conduct::Legacy, Conduct::Touchy, Conduct::Modern] {
        let peer = Peer::of_sockets(conduct);
        let world = World::start().await;
        let peers = world.list("sockets", &peer.url()).await;
        echoes(&world.mcp(), &peers.path, &format!("{conduct:?}")).await;
    }
}

#[tokio::test]
async fn a_server_at_an_address_of_http_is_found_to_speak_the_transport_before() {
    let peer = Peer::of_events(Conduct::Legacy);
    let world = World::with(&[SSE]).await;
    let peers = world.list("old", &peer.url()).await;
    echoes(&world.mcp(), &peers.path, "found").await;
}

#[tokio::test]
async fn where_http_sse_is_off_a_submitter_is_told_so() {
    let peer = Peer::of_events(Conduct::Legacy);
    let world = World::start().await;
    let draft = json!({
        "endpoint_url": peer.url(), "endpoint_name": "Old", "owner_contact": "o@example.com",
    });
    let answer = world.registry().post("/registrations", &draft).await.expect(201).json();
    let id = answer["registration_id"].as_str().unwrap().to_owned();
    let shown = eventually("discovery has failed", async || {
        let shown = world.registry().get(&format!("/registrations/{id}")).await.json();
        (shown["discovery"]["state"] == "failed").then_some(shown)
    })
    .await;
    assert!(shown["discovery"].to_string().contains("MREG_ENABLE_LEGACY_SSE"), "{shown}");
}

#[tokio::test]
async fn each_person_has_a_connection_and_keeps_it() {
    for (world, peer, transport) in each().await {
        let path = listed(&world, &peer.url(), transport).await;
        let eve = world.token(json!({"subject": "eve", "tenant": crate::support::TENANT})).await;
        let mut seen = Vec::new();
        for api in [world.mcp(), world.mcp_as(&eve), world.mcp(), world.mcp_as(&eve)] {
            seen.push(said(&api.call_tool(&path, "whoami", json!({})).await));
        }
        assert_ne!(seen[0], seen[1], "{transport}");
        assert_eq!(seen[..2], seen[2..], "{transport}");
    }
}

#[tokio::test]
async fn calls_at_once_on_one_connection_each_get_their_own_answer_and_progress() {
    for (world, peer, transport) in each().await {
        let path = listed(&world, &peer.url(), transport).await;
        let calls = (0..20).map(|number| {
            let (api, path) = (world.mcp(), path.clone());
            async move {
                let text = format!("call {number}");
                let params = json!({
                    "name": "steps", "arguments": {"text": text}, "_meta": {"progressToken": 7},
                });
                let answer = api.mcp_legacy(&path, None, "tools/call", params).await;
                assert_eq!(said(&answer), text);
                let told: Vec<Value> = answer
                    .text()
                    .lines()
                    .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
                    .filter(|message: &Value| message["method"] == "notifications/progress")
                    .map(|message| message["params"].clone())
                    .collect();
                let steps: Vec<_> = told.iter().map(|params| params["progress"].clone()).collect();
                assert_eq!(steps, [1, 2], "{}", answer.text());
                assert!(told.iter().all(|params| params["progressToken"] == 7));
            }
        });
        futures_util::future::join_all(calls).await;
        assert!(transport == "sse" || peer.connections() > 0);
    }
}

#[tokio::test]
async fn a_connection_that_ends_fails_its_calls_and_the_next_call_makes_a_new_one() {
    for (world, peer, transport) in each().await {
        let path = listed(&world, &peer.url(), transport).await;
        let first = said(&world.mcp().call_tool(&path, "whoami", json!({})).await);
        let answer = world.mcp().call_tool(&path, "die", json!({})).await.expect(200);
        let result = &answer.rpc()["result"];
        assert_eq!(result["isError"], true, "{transport}: {}", answer.text());
        let second = said(&world.mcp().call_tool(&path, "whoami", json!({})).await);
        assert_ne!(first, second, "{transport}");
        echoes(&world.mcp(), &path, "again").await;
    }
}

#[tokio::test]
async fn what_is_no_message_or_longer_than_may_be_ends_the_connection_with_a_code() {
    let bound = [SSE, ("MREG_MCP_MAX_EVENT_BYTES", "4096")];
    for (peer, transport) in [
        (Peer::of_events(Conduct::Legacy), "sse"),
        (Peer::of_sockets(Conduct::Legacy), "websocket"),
    ] {
        let world = World::with(&bound).await;
        let path = listed(&world, &peer.url(), transport).await;
        for (tool, arguments) in [("noise", json!({})), ("long", json!({"text": "5000"}))] {
            let answer = world.mcp().call_tool(&path, tool, arguments).await.expect(200);
            assert_eq!(answer.rpc()["result"]["isError"], true, "{transport}: {}", answer.text());
            echoes(&world.mcp(), &path, "still there").await;
        }
        if transport == "websocket" {
            let codes = eventually("both ends were told", async || {
                let closed: Vec<u16> =
                    peer.closed().into_iter().filter(|code| *code != 1000).collect();
                (closed.len() == 2).then_some(closed)
            })
            .await;
            assert_eq!(codes, [1007, 1009]);
        }
    }
}

#[tokio::test]
async fn a_server_may_send_messages_to_its_own_origin_only() {
    let elsewhere = Peer::of_events_naming(Conduct::Legacy, "http://127.0.0.2:1/messages");
    let world = World::with(&[SSE]).await;
    let draft = json!({
        "name": "peer", "endpoint_url": elsewhere.url(), "transport_type": "sse", "alias": "peer",
    });
    let id =
        world.registry().post("/api/v1/servers", &draft).await.expect(201).json()["id"].clone();
    let path = format!("/api/v1/servers/{}", id.as_str().unwrap());
    eventually("the server was probed", async || {
        let found = world.registry().get(&path).await.json();
        (found["health_status"] != "unknown" || elsewhere.connections() > 1).then_some(())
    })
    .await;
    assert!(elsewhere.messages_of("initialize").is_empty());
}

#[tokio::test]
async fn a_question_of_the_server_reaches_the_client_and_the_answer_comes_back() {
    for (world, peer, transport) in each().await {
        let path = listed(&world, &peer.url(), transport).await;
        let api = world.mcp();
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "test", "version": "1"},
        });
        let begun = api.mcp_legacy(&path, None, "initialize", hello).await.expect(200);
        let session = begun.header("mcp-session-id").to_owned();
        let call = crate::messages::legacy(
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask"}})
                .to_string(),
        );
        let in_session = |mut request: http::Request<bytes::Bytes>| {
            request.headers_mut().insert("mcp-session-id", session.parse().unwrap());
            request
        };
        let mut stream = api.open(&path, in_session(call)).await;
        let question = stream.next().await.expect("a question").json();
        assert_eq!(question["method"], "elicitation/create", "{transport}");
        let reply = json!({
            "jsonrpc": "2.0", "id": question["id"],
            "result": {"action": "accept", "content": {"name": "Ada"}},
        });
        let reply = in_session(crate::messages::legacy(reply.to_string()));
        api.request(&path, reply).await.expect(202);
        let result = stream.next().await.expect("the result").json();
        assert_eq!(result["result"]["content"][0]["text"], r#"{"name":"Ada"}"#, "{transport}");
    }
}

#[tokio::test]
async fn a_websocket_server_that_is_listed_by_http_is_well_and_keeps_what_was_approved() {
    let peer = Peer::of_sockets(Conduct::Legacy);
    let world = World::with(&[("MREG_DRIFT_CHECK_INTERVAL", "1")]).await;
    let url = peer.url().replacen("ws://", "http://", 1);
    let path = listed(&world, &url, "websocket").await;
    let servers = world.registry().get("/api/v1/servers").await.expect(200).json();
    let id = servers[0]["id"].as_str().expect("a server").to_owned();
    eventually("the server is well", async || {
        let found = world.registry().get(&format!("/api/v1/servers/{id}")).await.json();
        (found["health_status"] == "healthy").then_some(())
    })
    .await;
    echoes(&world.mcp(), &path, "hello").await;
}

#[tokio::test]
async fn when_the_gateway_stops_it_says_goodbye_to_its_sockets() {
    let peer = Peer::of_sockets(Conduct::Legacy);
    let mut world = World::start().await;
    let path = listed(&world, &peer.url(), "websocket").await;
    echoes(&world.mcp(), &path, "hello").await;
    let before = peer.closed().len();
    world.program.terminate();
    assert!(world.program.wait_exit().await.success());
    assert!(peer.closed().len() > before, "its sockets were not closed");
}
