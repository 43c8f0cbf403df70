//! Calls that are under way: listed, and cancelled.

use std::sync::Arc;

use registry_testkit::{
    Answer, Api, eventually,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{World, message, simple, tool};

async fn with_slow_server(era: Era) -> (RmcpServer, Arc<World>) {
    let upstream = RmcpServer::start(RmcpOptions { era, ..RmcpOptions::default() });
    let world = Arc::new(World::start().await);
    world.list("slow", &upstream.url()).await;
    (upstream, world)
}

/// A call that is under way at `slow`'s gate, and what the list says of it.
async fn hanging(
    api: &Api,
    path: &'static str,
    world: &World,
    id: &Value,
) -> (JoinHandle<Answer>, Value) {
    let before: Vec<Value> = requests(world).await;
    let (api, mut call) = (api.clone(), message("tools/call", tool("slow")));
    call["id"] = id.clone();
    let waiting = tokio::spawn(async move { api.post(path, &call).await });
    let seen = eventually("the call is listed", async || {
        requests(world).await.into_iter().find(|one| {
            one["server_id"].is_string()
                && !before.iter().any(|old| old["request_id"] == one["request_id"])
        })
    })
    .await;
    (waiting, seen)
}

async fn requests(world: &World) -> Vec<Value> {
    let active = world.admin.get("/api/v1/proxy/active-requests").await.expect(200).json();
    active["requests"].as_array().unwrap().clone()
}

fn path_of(call: &Value) -> String {
    format!("/api/v1/proxy/requests/{}", call["request_id"].as_str().unwrap())
}

#[tokio::test]
async fn a_call_is_listed_with_what_it_is_and_gone_when_it_ends() {
    let (upstream, world) = with_slow_server(Era::Both).await;
    let (waiting, call) = hanging(&world.stranger, "/mcp/proxy", &world, &json!("mine")).await;
    for (member, value) in [
        ("jsonrpc_id", json!("mine")),
        ("method", json!("tools/call")),
        ("tool_name", json!("slow")),
        ("server_name", json!("Server slow")),
        ("user_id", Value::Null),
        ("tenant_id", Value::Null),
    ] {
        assert_eq!(call[member], value, "{member}: {call}");
    }
    assert!(call["duration_seconds"].as_f64().unwrap() >= 0.0 && call["instance"].is_string());
    assert!(
        call["started_at"].is_string() && call["start_time"].as_f64().unwrap() > 1.0e9,
        "{call}"
    );
    upstream.workbench().slow_gate.open();
    let answer = waiting.await.unwrap().expect(200);
    assert_eq!(answer.header("x-request-id"), call["request_id"]);
    world.active(0).await;
    let late = world.admin.delete(&path_of(&call)).await.expect(404).json();
    assert_eq!(late["error"], "REQUEST_NOT_FOUND");
}

#[tokio::test]
async fn a_cancelled_call_is_answered_at_once_and_its_server_stops() {
    for era in [Era::ModernOnly, Era::LegacyOnly] {
        let (upstream, world) = with_slow_server(era).await;
        let (waiting, call) = hanging(&world.stranger, "/mcp/proxy", &world, &json!(7)).await;
        eventually("the server works on it", async || {
            (upstream.workbench().slow_running() == 1).then_some(())
        })
        .await;
        let done = world.stranger.delete(&path_of(&call)).await.expect(200).json();
        let id = call["request_id"].as_str().unwrap();
        assert_eq!(
            done,
            json!({ "message": format!("Request {id} cancelled successfully"), "request_id": id, "cancelled": true })
        );
        let body = waiting.await.unwrap().expect(409).json();
        assert_eq!(
            (&body["code"], &body["id"]),
            (&json!("REQUEST_CANCELLED"), &json!(7)),
            "{body}"
        );
        assert_eq!(body["error"]["code"], -32800, "{body}");
        eventually("the server has stopped", async || {
            (upstream.workbench().slow_cancelled() == 1).then_some(())
        })
        .await;
        if era == Era::LegacyOnly {
            let told = eventually("the server is told", async || {
                upstream.seen_of("notifications/cancelled").pop()
            })
            .await;
            let told: Value = serde_json::from_slice(&told.body).unwrap();
            let calls = upstream.seen_of("tools/call");
            let call: Value = serde_json::from_slice(&calls.last().unwrap().body).unwrap();
            assert_eq!(told["params"]["requestId"], call["id"]);
        }
        world.stranger.delete(&path_of(&call)).await.expect(404);
        world.active(0).await;
    }
}

#[tokio::test]
async fn plain_calls_and_calls_of_the_gateway_are_cancelled_too() {
    let (_upstream, world) = with_slow_server(Era::Both).await;
    let (waiting, call) = hanging(&world.stranger, "/mcp", &world, &json!(1)).await;
    world.admin.delete(&path_of(&call)).await.expect(200);
    let error = waiting.await.unwrap().expect(200).rpc()["error"].clone();
    assert_eq!(
        (&error["code"], &error["data"]["reason"]),
        (&json!(-32800), &json!("REQUEST_CANCELLED"))
    );

    let gateway = world.gateway().await;
    let calling =
        tokio::spawn(
            async move { gateway.call_tool("/servers/slow/mcp", "slow", json!({})).await },
        );
    let call = world.active(1).await.remove(0);
    assert_eq!(call["user_id"], "root", "{call}");
    world.admin.delete(&path_of(&call)).await.expect(200);
    assert_eq!(calling.await.unwrap().expect(200).rpc()["error"]["code"], -32800);
}

#[tokio::test]
async fn a_json_rpc_id_will_do_if_only_one_call_has_it() {
    let (_upstream, world) = with_slow_server(Era::Both).await;
    let (first, _) = hanging(&world.stranger, "/mcp/proxy", &world, &json!(5)).await;
    let (second, two) = hanging(&world.stranger, "/mcp/proxy", &world, &json!(5)).await;
    let answer = world.stranger.delete("/api/v1/proxy/requests/5").await.expect(409).json();
    assert_eq!(answer["error"], "AMBIGUOUS_REQUEST_ID");
    world.stranger.delete(&path_of(&two)).await.expect(200);
    second.await.unwrap().expect(409);
    world.stranger.delete("/api/v1/proxy/requests/5").await.expect(200);
    first.await.unwrap().expect(409);
}

#[tokio::test]
async fn nobody_sees_or_cancels_the_calls_of_another_person() {
    let (_upstream, world) = with_slow_server(Era::Both).await;
    let (ada, eve) = (world.someone("ada").await, world.someone("eve").await);
    let (waiting, call) = hanging(&ada, "/mcp/proxy", &world, &json!(1)).await;
    assert_eq!(call["user_id"], "ada", "{call}");
    for api in [&eve, &world.stranger] {
        let seen = api.get("/api/v1/proxy/active-requests").await.expect(200).json();
        assert_eq!(seen, json!({ "active_request_count": 0, "requests": [] }));
        api.delete(&path_of(&call)).await.expect(404);
    }
    ada.delete(&path_of(&call)).await.expect(200);
    waiting.await.unwrap().expect(409);
    // A stranger's call is every stranger's, where the API is open.
    let (waiting, call) = hanging(&world.stranger, "/mcp/proxy", &world, &json!(2)).await;
    eve.delete(&path_of(&call)).await.expect(200);
    waiting.await.unwrap().expect(409);
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_call() {
    let (upstream, world) = with_slow_server(Era::Both).await;
    let api = world.stranger.clone();
    let leaving = tokio::spawn(async move { simple(&api, "tools/call", tool("slow")).await });
    world.active(1).await;
    leaving.abort();
    world.active(0).await;
    eventually("the server has stopped", async || {
        (upstream.workbench().slow_cancelled() == 1).then_some(())
    })
    .await;
}
