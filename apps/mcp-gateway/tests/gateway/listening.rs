//! Clients that listen are told when a list that they may see changed: legacy ones by GET, modern
//! ones by `subscriptions/listen`.

use bytes::Bytes;
use http::Request;
use registry_testkit::{
    Api, DEADLINE, EventStream,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::messages::modern;
use crate::support::World;

const MODERN_META: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;

/// The next message of a stream.
async fn told(stream: &mut EventStream) -> Option<Value> {
    let event = tokio::time::timeout(DEADLINE, stream.next()).await.expect("a message in time");
    event.map(|event| event.json())
}

fn get() -> Request<Bytes> {
    Request::get("/").header("accept", "text/event-stream").body(Bytes::new()).unwrap()
}

async fn by_get(api: &Api, path: &str) -> EventStream {
    let mut stream = api.open(path, get()).await;
    assert_eq!(stream.status, 200);
    assert_eq!(stream.headers["content-type"], "text/event-stream");
    assert_eq!(stream.next_bytes().await.unwrap(), ": alive\n\n");
    stream
}

async fn subscribed(api: &Api, path: &str, notifications: &Value) -> EventStream {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":"s-1","method":"subscriptions/listen","params":{{"notifications":{notifications},"_meta":{{{MODERN_META}}}}}}}"#
    );
    let stream = api.open(path, modern("subscriptions/listen", "", body)).await;
    assert_eq!(stream.status, 200, "{path}");
    stream
}

/// All lists of a server with tools, a resource and a prompt.
const ALL: [&str; 3] = [
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
];

#[tokio::test]
async fn an_approval_and_a_revocation_are_told_to_a_legacy_client() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let mut stream = by_get(&world.mcp(), "/mcp").await;
    let listed = world.list("files", &upstream.url()).await;
    for method in ALL {
        let message = told(&mut stream).await.unwrap();
        assert_eq!(message, json!({"jsonrpc": "2.0", "method": method}));
    }
    let path = format!("/registrations/{}", listed.registration);
    world.registry().delete(&path).await.expect(204);
    for method in ALL {
        assert_eq!(told(&mut stream).await.unwrap()["method"], method);
    }
}

#[tokio::test]
async fn a_modern_client_is_told_what_it_asked_for() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let wanted = json!({
        "toolsListChanged": true, "promptsListChanged": false, "resourceSubscriptions": ["x:y"],
    });
    let mut stream = subscribed(&world.mcp(), "/mcp", &wanted).await;
    let first = told(&mut stream).await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["notifications"], json!({"toolsListChanged": true}));
    let named = json!({"io.modelcontextprotocol/subscriptionId": "s-1"});
    assert_eq!(first["params"]["_meta"], named);

    world.list("files", &upstream.url()).await;
    let other = RmcpServer::start(RmcpOptions::default());
    world.list("mail", &other.url()).await;
    for _ in 0..2 {
        let message = told(&mut stream).await.unwrap();
        assert_eq!(message["method"], "notifications/tools/list_changed", "and no other list");
        assert_eq!(message["params"]["_meta"], named);
    }
}

#[tokio::test]
async fn who_listens_to_one_server_is_told_of_that_one() {
    let (one, two) =
        (RmcpServer::start(RmcpOptions::default()), RmcpServer::start(RmcpOptions::default()));
    let world = World::start().await;
    let files = world.list("files", &one.url()).await;
    let mut stream = by_get(&world.mcp(), &files.path).await;
    world.list("mail", &two.url()).await;
    let path = format!("/registrations/{}", files.registration);
    world.registry().delete(&path).await.expect(204);
    for method in ALL {
        assert_eq!(told(&mut stream).await.unwrap()["method"], method);
    }
    world.mcp().send(http::Method::GET, "/servers/nonesuch/mcp", None).await.expect(405);
    let missing = world.mcp().open("/servers/nonesuch/mcp", get()).await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn another_tenants_changes_are_nobody_elses_business() {
    let (theirs, ours) =
        (RmcpServer::start(RmcpOptions::default()), RmcpServer::start(RmcpOptions::default()));
    let world = World::start().await;
    let eve = world.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    let mut stranger = by_get(&world.mcp_as(&eve), "/mcp").await;
    let mut admin = by_get(&world.mcp_as(&world.admin), "/mcp").await;
    let own = json!({
        "name": "Theirs", "endpoint_url": theirs.url(), "transport_type": "http",
        "tenant_id": "contoso",
    });
    let registry = Api::service(&world.program).with_token(&world.admin);
    registry.post("/api/v1/servers", &own).await.expect(201);
    // Only after the administrator has been told can the stranger not have been.
    assert_eq!(told(&mut admin).await.unwrap()["method"], ALL[0]);
    let shared = json!({
        "name": "Ours", "endpoint_url": ours.url(), "transport_type": "http",
        "tenant_id": "fabrikam",
    });
    registry.post("/api/v1/servers", &shared).await.expect(201);
    for method in ALL {
        assert_eq!(told(&mut stranger).await.unwrap()["method"], method);
    }
    let more = registry.get("/api/v1/servers?name=Theirs").await.expect(200).json();
    let path = format!("/api/v1/servers/{}", more[0]["id"].as_str().unwrap());
    registry.delete(&path).await.expect(204);
    for _ in 0..5 {
        told(&mut admin).await.unwrap();
    }
    let path = registry.get("/api/v1/servers?name=Ours").await.expect(200).json();
    let path = format!("/api/v1/servers/{}", path[0]["id"].as_str().unwrap());
    registry.delete(&path).await.expect(204);
    for method in ALL {
        assert_eq!(told(&mut stranger).await.unwrap()["method"], method);
    }
    world.program.terminate();
    assert_eq!(told(&mut stranger).await, None, "their server came and went unheard");
}

#[tokio::test]
async fn who_listens_is_let_go_when_the_program_ends() {
    let mut world = World::start().await;
    let mut legacy = by_get(&world.mcp(), "/mcp").await;
    let wanted = json!({"toolsListChanged": true});
    let mut modern = subscribed(&world.mcp(), "/mcp", &wanted).await;
    told(&mut modern).await.unwrap();
    world.program.terminate();
    assert_eq!(told(&mut legacy).await, None);
    let last = told(&mut modern).await.unwrap();
    assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!("s-1"), &json!("complete")));
    assert_eq!(told(&mut modern).await, None);
    assert!(world.program.wait_exit().await.success());
}

#[tokio::test]
async fn a_stream_ends_with_its_clients_token() {
    let world = World::start().await;
    let short = world.token(json!({"subject": "ada", "expires_in": 5})).await;
    let mut stream = by_get(&world.mcp_as(&short), "/mcp").await;
    assert_eq!(told(&mut stream).await, None);
}

#[tokio::test]
async fn what_is_no_subscription_is_refused() {
    let world = World::start().await;
    for params in [r#""notifications":[]"#, r#""notifications":{"toolsListChanged":"yes"}"#] {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{{{params},"_meta":{{{MODERN_META}}}}}}}"#
        );
        let answer =
            world.mcp().request("/mcp", modern("subscriptions/listen", "", body)).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{params}: {answer}");
    }
    let legacy = world.mcp().mcp_legacy("/mcp", None, "subscriptions/listen", json!({})).await;
    assert_eq!(legacy.json()["error"]["code"], -32601);
    let nobody = Api::gateway(&world.program).open("/mcp", get()).await;
    assert_eq!(nobody.status, 401);
}
