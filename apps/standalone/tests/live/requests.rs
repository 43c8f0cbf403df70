//! Calls that begin and end are told to those who may know of them, and of no others.

use std::sync::Arc;

use registry_testkit::{
    Api, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{Registry, Socket, Sse, text};

const TOPIC: &str = "/api/v1/events/requests";

/// The product with an approved server behind which calls wait at a gate.
async fn with_slow_server() -> (RmcpServer, Arc<Registry>) {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let registry = Arc::new(Registry::start().await);
    let draft = json!({
        "endpoint_url": upstream.url(), "endpoint_name": "Slow one",
        "owner_contact": "Team Weather", "alias": "slow",
    });
    let made = registry.user.post("/registrations", &draft).await.expect(201).json();
    let id = text(&made, "registration_id").to_owned();
    eventually("what the server offers was read", async || {
        let shown = registry.admin.get(&format!("/registrations/{id}")).await.expect(200).json();
        (shown["discovery"]["state"] == "complete").then_some(())
    })
    .await;
    registry.approve(&id).await;
    eventually("the proxy reaches the server", async || {
        let shown = registry.admin.get("/api/v1/router/metrics").await.expect(200).json();
        (shown["summary"]["total_servers"] == 1).then_some(())
    })
    .await;
    (upstream, registry)
}

fn call_of(tool: &str, id: &Value) -> Value {
    let params = json!({"name": tool, "arguments": {}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

async fn listener(registry: &Registry, token: &str) -> Sse {
    let mut feed = Sse::of(&registry.program.service_url(), TOPIC, token).await;
    feed.first().await;
    feed
}

#[tokio::test]
async fn a_call_is_told_as_the_list_shows_it_and_again_when_it_ends() {
    let (upstream, registry) = with_slow_server().await;
    let mut feed = listener(&registry, &registry.user_token).await;
    let mut socket =
        Socket::of(&registry.program.gateway_url(), "/ws/requests", &registry.user_token).await;
    socket.until("connection_status").await;
    let calling = Arc::clone(&registry);
    let waiting = tokio::spawn(async move {
        calling.user.post("/mcp/proxy", &call_of("slow", &json!("mine"))).await
    });
    let begun = feed.until("request_started").await;
    let listed = registry.user.get("/api/v1/proxy/active-requests").await.expect(200).json();
    let listed = &listed["requests"][0];
    for member in [
        "request_id",
        "jsonrpc_id",
        "method",
        "tool_name",
        "server_id",
        "server_name",
        "start_time",
        "started_at",
        "tenant_id",
        "user_id",
        "instance",
    ] {
        assert_eq!(begun["payload"][member], listed[member], "{member}: {begun}");
    }
    assert_eq!(begun["payload"]["user_id"], "ada", "{begun}");
    assert!(begun["payload"].get("success").is_none() && begun["seq"].is_null(), "{begun}");
    assert_eq!(socket.until("request_started").await["payload"], begun["payload"]);

    upstream.workbench().slow_gate.open();
    waiting.await.unwrap().expect(200);
    let ended = feed.until("request_finished").await;
    assert_eq!(ended["payload"]["request_id"], begun["payload"]["request_id"]);
    assert_eq!(ended["payload"]["success"], true, "{ended}");
    assert!(ended["payload"]["error_code"].is_null(), "{ended}");
    assert!(ended["payload"]["duration_seconds"].is_number(), "{ended}");
    assert_eq!(socket.until("request_finished").await["payload"], ended["payload"]);
}

#[tokio::test]
async fn a_call_that_is_cancelled_or_fails_is_told_with_its_code() {
    let (upstream, registry) = with_slow_server().await;
    let mut feed = listener(&registry, &registry.admin_token).await;
    let calling = Arc::clone(&registry);
    let waiting =
        tokio::spawn(async move { calling.user.post("/mcp", &call_of("slow", &json!(1))).await });
    let begun = feed.until("request_started").await;
    let path = format!("/api/v1/proxy/requests/{}", text(&begun["payload"], "request_id"));
    registry.user.delete(&path).await.expect(200);
    waiting.await.unwrap();
    let ended = feed.until("request_cancelled").await;
    assert_eq!(ended["payload"]["request_id"], begun["payload"]["request_id"]);
    assert_eq!(ended["payload"]["success"], false, "{ended}");
    assert_eq!(ended["payload"]["error_code"], "REQUEST_CANCELLED", "{ended}");

    drop(upstream);
    registry.user.post("/mcp", &call_of("slow", &json!(2))).await;
    let failed = feed.until("request_finished").await;
    assert_eq!(failed["payload"]["success"], false, "{failed}");
    assert!(failed["payload"]["error_code"].is_string(), "{failed}");
}

#[tokio::test]
async fn who_calls_is_told_to_them_and_to_administrators_and_other_tenants_hear_nothing() {
    let (upstream, registry) = with_slow_server().await;
    upstream.workbench().slow_gate.open_for_all();
    let bob = registry.token(json!({"subject": "bob"})).await;
    let eve = registry.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    let mut of_ada = listener(&registry, &registry.user_token).await;
    let mut of_bob = listener(&registry, &bob).await;
    let mut of_root = listener(&registry, &registry.admin_token).await;
    let mut of_eve = listener(&registry, &eve).await;
    let mut of_stranger = listener(&registry, "").await;

    registry.user.post("/mcp", &call_of("slow", &json!("of ada"))).await.expect(200);
    // The registry is open, so everybody may know of a stranger's call.
    let stranger = Api::service(&registry.program);
    stranger.post("/mcp", &call_of("slow", &json!("of a stranger"))).await.expect(200);

    for (feed, user) in
        [(&mut of_ada, json!("ada")), (&mut of_bob, Value::Null), (&mut of_root, json!("ada"))]
    {
        let told = feed.until("request_started").await;
        assert_eq!(told["payload"]["jsonrpc_id"], "of ada", "{told}");
        assert_eq!(told["payload"]["user_id"], user, "{told}");
    }
    for feed in [&mut of_eve, &mut of_stranger] {
        let told = feed.until("request_started").await;
        assert_eq!(told["payload"]["jsonrpc_id"], "of a stranger", "{told}");
    }
}

#[tokio::test]
async fn a_crowd_of_calls_leaves_no_listener_with_half_a_story() {
    const CALLS: usize = 400;
    let (upstream, registry) = with_slow_server().await;
    upstream.workbench().slow_gate.open_for_all();
    let mut feed = listener(&registry, &registry.admin_token).await;
    let calling = Arc::clone(&registry);
    let crowd = tokio::spawn(async move {
        let calls = (0..CALLS).map(|id| {
            let calling = Arc::clone(&calling);
            async move { calling.user.post("/mcp", &call_of("slow", &json!(id))).await.expect(200) }
        });
        futures_util::future::join_all(calls).await.len()
    });
    let (mut begun, mut ended) = (Vec::new(), 0);
    while ended < CALLS {
        let event = feed.next().await;
        let frame = event.json();
        let id = frame["payload"]["request_id"].clone();
        match event.name.as_deref() {
            Some("request_started") => begun.push(id),
            Some("request_finished") => {
                assert!(begun.contains(&id), "{frame}");
                ended += 1;
            }
            Some("heartbeat") => {}
            _ => panic!("{frame}"),
        }
    }
    assert_eq!((crowd.await.unwrap(), begun.len()), (CALLS, CALLS));
}
