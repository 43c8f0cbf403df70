//! What the proxy does not take, and each way in which a call can find no answer.

use registry_testkit::{eventually, upstreams::Reply};
use serde_json::{Value, json};

use crate::support::{World, offering, proxied, saying, simple, tool};

#[tokio::test]
async fn a_member_that_breaks_its_rule_is_422_and_named() {
    let world = World::start().await;
    let good = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for (member, value) in [
        ("jsonrpc", json!("1.0")),
        ("id", json!([1])),
        ("method", Value::Null),
        ("params", json!(7)),
        ("required_tools", json!("echo")),
        ("preferred_servers", json!(["x"])),
        ("timeout", json!(30_000)),
        ("timeout", json!(0)),
    ] {
        let mut body = good.clone();
        body[member] = value;
        let problem = world.stranger.post("/mcp/proxy", &body).await.expect(422).json();
        assert_eq!(problem["error"], "VALIDATION_ERROR", "{problem}");
        assert_eq!(problem["errors"][0]["loc"][1], member, "{problem}");
    }
    let body = json!({ "method": "ping", "timeout": 30_000 });
    let told = world.stranger.post("/mcp/proxy", &body).await.expect(422).text();
    assert!(told.contains("seconds"), "{told}");
}

#[tokio::test]
async fn each_way_to_find_no_answer_has_its_status_on_proxy_and_its_reason_on_mcp() {
    let mut gone = saying(&["gone"], "x");
    let broken = offering(&["broken"], |_| Reply::json(500, &json!({})));
    let page = offering(&["page"], |_| Reply::new(200, "text/html", "<html>"));
    let locked = offering(&["locked"], |_| Reply::new(401, "text/plain", "no"));
    let world = World::with(&[("MREG_REQUEST_TIMEOUT", "1")]).await;
    let late = offering(&["late"], |_| Reply::bytes().hang());
    for (alias, upstream) in [
        ("gone", &gone),
        ("broken", &broken),
        ("page", &page),
        ("locked", &locked),
        ("late", &late),
    ] {
        world.list(alias, &upstream.url()).await;
    }
    gone.stop();
    for (name, status, word) in [
        ("unheard-of", 404, "NO_COMPATIBLE_SERVER"),
        ("gone", 502, "PROXY_ERROR"),
        ("broken", 502, "PROXY_ERROR"),
        ("page", 502, "PROXY_ERROR"),
        ("locked", 502, "PROXY_ERROR"),
        ("late", 504, "TIMEOUT_ERROR"),
    ] {
        let answer = proxied(&world.stranger, "tools/call", tool(name)).await.expect(status);
        let body = answer.json();
        for (member, value) in [
            ("code", json!(word)),
            ("status", json!(status)),
            ("success", json!(false)),
            ("id", json!(1)),
            ("request_id", json!(answer.header("x-request-id"))),
        ] {
            assert_eq!(body[member], value, "{member} of {name}: {body}");
        }
        assert_eq!(body["error"]["data"]["error"], word, "{name}: {body}");
        assert_eq!(body["detail"], body["error"]["message"], "{name}: {body}");
        let error = simple(&world.stranger, "tools/call", tool(name)).await.expect(200).rpc();
        let code = if status == 404 { -32601 } else { -32603 };
        assert_eq!(error["error"]["code"], code, "{name}: {error}");
        if status != 404 {
            assert_eq!(error["error"]["data"]["reason"], word, "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_too_long_or_of_another_type_is_refused_before_it_is_read() {
    let world = World::with(&[("MREG_MCP_MAX_BODY_BYTES", "2048")]).await;
    let long =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ping", "params": { "x": "y".repeat(4096) } });
    for path in ["/mcp", "/mcp/proxy"] {
        world.stranger.post(path, &long).await.expect(413);
        let plain = world.stranger.clone().with_header("content-type", "text/plain");
        let request = http::Request::post("/").header("content-type", "text/plain");
        plain.request(path, request.body("{}".into()).unwrap()).await.expect(415);
        let page = world.stranger.clone().with_header("origin", "https://evil.example");
        let answer = page.post(path, &json!({})).await.expect(403);
        assert!(answer.text().contains("ORIGIN_NOT_ALLOWED"), "{}", answer.text());
    }
}

#[tokio::test]
async fn without_the_proxy_there_is_no_such_address() {
    let world = World::with(&[("MREG_PUBLIC_PROXY_ENABLED", "false")]).await;
    for path in ["/mcp", "/mcp/proxy"] {
        world.stranger.post(path, &json!({})).await.expect(404);
    }
    world.stranger.get("/api/v1/router/metrics").await.expect(200);
}

#[tokio::test]
async fn a_server_whose_address_leads_back_here_is_no_endless_way() {
    let world = World::start().await;
    let here = json!({
        "name": "circle", "endpoint_url": format!("{}/mcp", world.program.service_url()),
        "capabilities": { "tools": ["round"] }, "auto_discover": false,
    });
    world.stranger.post("/api/v1/servers", &here).await.expect(201);
    let told = eventually("the proxy knows the server", async || {
        let answer = proxied(&world.stranger, "tools/call", tool("round")).await;
        (answer.status != 404).then_some(answer)
    })
    .await;
    assert!(told.text().contains("leads back here"), "{}", told.text());
    // One call is a handful of calls, and then it is over.
    let metrics = world.metrics().await;
    assert!(metrics["summary"]["total_requests"].as_u64().unwrap() <= 4, "{metrics}");
}
