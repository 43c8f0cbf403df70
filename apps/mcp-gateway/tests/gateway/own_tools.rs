//! The gateway's own four tools and its resource, at `/mcp`.

use bytes::Bytes;
use http::Request;
use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use serde_json::{Value, json};

use crate::support::{OWN_TOOLS, World};

/// What a tool's result holds for programs, once it is seen to say the same to models.
fn structured(answer: &Value) -> &Value {
    let result = &answer["result"];
    let text = result["content"][0]["text"].as_str();
    assert!(text.is_some(), "{answer}");
    let told: Value = serde_json::from_str(text.unwrap_or_default()).unwrap();
    assert_eq!(told, result["structuredContent"], "{answer}");
    &result["structuredContent"]
}

async fn call(world: &World, token: &str, tool: &str, arguments: Value) -> Value {
    world.mcp_as(token).call_tool("/mcp", tool, arguments).await.json()
}

fn draft(name: &str, url: &str) -> Value {
    json!({
        "name": name, "endpoint_url": url, "transport_type": "http", "version": "2.1",
        "description": "Reads files", "capabilities": {"files": {"read": true}}, "tags": ["prod"],
    })
}

#[tokio::test]
async fn everybody_is_shown_what_they_may_call() {
    let world = World::start().await;
    for (token, names) in [
        (&world.admin, &OWN_TOOLS[..]),
        (&world.user, &["list_servers", "proxy_request", "health_check"]),
    ] {
        let api = world.mcp_as(token);
        let list = api.mcp("/mcp", "tools/list", json!({})).await.expect(200).json();
        let tools = list["result"]["tools"].as_array().unwrap();
        let listed: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(listed, names);
        let resources = api.mcp("/mcp", "resources/list", json!({})).await.expect(200).json();
        let shown = resources["result"]["resources"].as_array().unwrap();
        assert_eq!(shown.len(), usize::from(token == &world.admin), "{resources}");
    }
}

#[tokio::test]
async fn servers_are_listed_flat_or_wrapped_with_who_asks() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    world.list("mail", &format!("{}?2", upstream.url())).await;
    for arguments in
        [json!({"limit": 1}), json!({"filter": {"limit": 1}}), json!({"data": {"limit": 1}})]
    {
        let answer = call(&world, &world.user, "list_servers", arguments).await;
        let listed = structured(&answer);
        assert_eq!((&listed["count"], &listed["total_count"]), (&json!(1), &json!(2)), "{answer}");
        assert_eq!(listed["user_context"]["can_see_all"], false);
        assert_eq!(listed["user_context"]["authenticated"], true);
        let server = &listed["servers"][0];
        assert!(server["tags"].is_object() && server["capabilities"].is_object(), "{server}");
        assert!(server.get("tools").is_none_or(Value::is_array), "{server}");
    }
    let none = call(&world, &world.user, "list_servers", json!({"tags": ["nonesuch"]})).await;
    assert_eq!(structured(&none)["count"], 0);
    let healthy =
        call(&world, &world.user, "list_servers", json!({"health_status": "maintenance"})).await;
    assert_eq!(structured(&healthy)["count"], 0);
    for wrong in [
        json!({"limit": 0}),
        json!({"limit": "1"}),
        json!({"health_status": "good"}),
        json!({"tags": [1]}),
        json!({"x": 1}),
        json!([]),
    ] {
        let answer = call(&world, &world.user, "list_servers", wrong.clone()).await;
        assert_eq!(answer["error"]["code"], -32602, "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn an_administrator_registers_a_server_and_nobody_else_does() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let refused =
        world.mcp().call_tool("/mcp", "register_server", draft("files", &upstream.url())).await;
    let refused = refused.expect(403).json();
    assert_eq!(refused["error"]["code"], -33010, "{refused}");
    assert_eq!(refused["error"]["data"]["required_roles"], json!(["admin"]));
    let none = call(&world, &world.admin, "list_servers", json!({})).await;
    assert_eq!(structured(&none)["count"], 0);

    let data = json!({"data": draft("files", &upstream.url())});
    let made = call(&world, &world.admin, "register_server", data).await;
    assert_eq!(made["result"]["isError"], false, "{made}");
    let made = structured(&made);
    assert_eq!(made["success"], true);
    assert_eq!(made["server"]["version"], "2.1");
    assert_eq!(made["server"]["tags"], json!({"prod": true}));
    assert_eq!(made["server"]["id"], made["server_id"]);

    let again =
        call(&world, &world.admin, "register_server", draft("files", &upstream.url())).await;
    assert_eq!(again["result"]["isError"], true, "{again}");
    assert_eq!(structured(&again)["success"], false);
    let wrong = call(&world, &world.admin, "register_server", draft("mail", "ftp://x")).await;
    assert_eq!(wrong["result"]["isError"], true, "{wrong}");
    assert!(structured(&wrong)["message"].as_str().unwrap().contains("endpoint_url"), "{wrong}");
    let missing = call(&world, &world.admin, "register_server", json!({"name": "x"})).await;
    assert_eq!(missing["error"]["code"], -32602, "{missing}");
}

#[tokio::test]
async fn a_request_is_proxied_to_the_server_that_is_named_or_to_one_that_can() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    let listed = call(&world, &world.user, "list_servers", json!({})).await;
    let id = structured(&listed)["servers"][0]["id"].clone();
    let echo = json!({"name": "echo", "arguments": {"text": "hi"}});
    for server in [&id, &Value::Null] {
        let data =
            json!({"server_id": server, "method": "tools/call", "params": echo, "timeout": 5});
        let answer = call(&world, &world.user, "proxy_request", json!({ "data": data })).await;
        let told = structured(&answer);
        assert_eq!(told["success"], true, "{answer}");
        assert_eq!(told["response"]["content"][0]["text"], "hi");
        assert_eq!((&told["server_id"], &told["method"]), (&id, &json!("tools/call")));
        assert!(told["execution_time_ms"].is_number());
    }
    let unknown = json!({"method": "tools/call", "params": {"name": "nonesuch"}});
    let answer = call(&world, &world.user, "proxy_request", unknown).await;
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(structured(&answer)["success"], false);
    for wrong in [
        json!({"server_id": "00000000-0000-4000-8000-000000000001", "method": "ping"}),
        json!({"server_id": "x", "method": "ping"}),
        json!({"params": {}}),
        json!({"method": "ping", "params": 1}),
        json!({"method": "ping", "timeout": 0}),
    ] {
        let answer = call(&world, &world.user, "proxy_request", wrong.clone()).await;
        assert_eq!(answer["error"]["code"], -32602, "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn one_call_of_a_tool_is_one_record() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let echo =
        json!({"method": "tools/call", "params": {"name": "echo", "arguments": {"text": "hi"}}});
    api.call_tool("/mcp", "proxy_request", echo).await.expect(200);
    api.call_tool("/mcp", "register_server", draft("x", "http://127.0.0.1:9/")).await.expect(403);
    api.call_tool("/mcp", "health_check", json!({})).await.expect(200);
    let records = world.records(3).await;
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.tool_name.as_deref().unwrap(), record.success))
        .collect();
    assert_eq!(told, [("proxy_request", true), ("register_server", false), ("health_check", true)]);
    assert!(records[0].server_id.is_some(), "the server that answered");
    assert_eq!(upstream.seen_of("tools/call").len(), 1);
}

#[tokio::test]
async fn health_names_the_parts_and_who_asks() {
    let world = World::start().await;
    let answer = call(&world, &world.user, "health_check", json!({})).await;
    let health = structured(&answer);
    assert_eq!(health["status"], "healthy", "{answer}");
    let parts: Vec<&str> = health["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap())
        // Where replicas share one.
        .filter(|name| *name != "redis")
        .collect();
    assert_eq!(parts, ["database", "registry", "router", "proxy", "fastmcp"]);
    let status = &health["authentication_status"];
    assert_eq!(status["authenticated"], true);
    assert!(status["token_expires_at"].as_str().unwrap().ends_with('Z'), "{status}");
    let wrong = call(&world, &world.user, "health_check", json!({"deep": true})).await;
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
}

#[tokio::test]
async fn the_configuration_is_an_administrators_to_read() {
    let world = World::start().await;
    let read = json!({"uri": "config://server"});
    let admin = world.mcp_as(&world.admin);
    let answer = admin.mcp("/mcp", "resources/read", read.clone()).await.expect(200).json();
    let content = &answer["result"]["contents"][0];
    assert_eq!(
        (&content["uri"], &content["mimeType"]),
        (&json!("config://server"), &json!("application/json"))
    );
    let told: Value = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
    let configuration = &told["configuration"];
    for member in ["database", "routing", "rate_limits", "feature_flags", "authentication"] {
        assert!(configuration[member].is_object(), "{member}: {configuration}");
    }
    assert_eq!(told["masked_secrets"], true);
    let refused = world.mcp().mcp("/mcp", "resources/read", read).await.expect(403).json();
    assert_eq!(refused["error"]["code"], -33010, "{refused}");
}

#[tokio::test]
async fn a_client_that_knows_nothing_of_mcp_reads_its_answer_from_the_result_itself() {
    let world = World::start().await;
    let plain = |body: Value| {
        Request::post("/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/plain, */*")
            .body(Bytes::from(body.to_string()))
            .unwrap()
    };
    let body = json!({
        "jsonrpc": "2.0", "method": "tools/call",
        "params": {"name": "list_servers", "arguments": {}},
    });
    let answer = world.mcp().request("/mcp", plain(body.clone())).await.expect(200).json();
    assert_eq!(answer["result"]["servers"], json!([]), "{answer}");
    assert_eq!(answer["result"]["structuredContent"]["servers"], json!([]));
    let mut real = body;
    real["id"] = json!(1);
    let answer = world.mcp().request("/mcp", plain(real)).await.expect(200).json();
    assert!(answer["result"].get("servers").is_none(), "{answer}");
}
