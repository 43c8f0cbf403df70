//! `POST /mcp/proxy`: wishes about the server, and the shape of what comes back.

use registry_testkit::upstreams::{Reply, RmcpOptions, RmcpServer};
use serde_json::{Value, json};

use crate::support::{World, offering, proxied, said, saying, server_of, tool, wished};

#[tokio::test]
async fn an_answer_says_which_server_it_came_from_and_how_long_it_took() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let server = world.list("sum", &upstream.url()).await;
    let call = json!({ "name": "add", "arguments": { "a": 40, "b": 2 } });
    let answer = proxied(&world.stranger, "tools/call", call).await.expect(200);
    let body = answer.json();
    assert_eq!(body["result"]["structuredContent"]["sum"], 42, "{body}");
    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(1)));
    assert_eq!((&body["server_id"], &body["success"]), (&json!(server), &json!(true)));
    assert_eq!(body["request_id"], answer.header("x-request-id"));
    assert!(body["response_time_ms"].as_f64().unwrap() > 0.0, "{body}");
    assert_eq!(body.get("error"), None);
}

#[tokio::test]
async fn an_error_of_the_servers_is_an_answer_too_and_stays_as_it_came() {
    let upstream = offering(&["odd"], |request| {
        let error =
            r#"{"code":-32123,"message":"no","data":{"n":1e400,"big":12345678901234567890}}"#;
        let id = request.id();
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error},"success":true}}"#);
        Reply::new(200, "application/json", body)
    });
    let world = World::start().await;
    let server = world.list("odd", &upstream.url()).await;
    let answer = proxied(&world.stranger, "tools/call", tool("odd")).await.expect(200);
    let text = answer.text();
    assert!(text.contains(r#""data":{"n":1e400,"big":12345678901234567890}"#), "{text}");
    assert!(text.contains(r#""success":false"#) && !text.contains(r#""success":true"#), "{text}");
    assert!(text.contains(&server), "{text}");
    let error = simple_error(&world).await;
    assert!(error.contains(r#"{"n":1e400,"big":12345678901234567890}"#), "{error}");
}

async fn simple_error(world: &World) -> String {
    crate::support::simple(&world.stranger, "tools/call", tool("odd")).await.expect(200).text()
}

#[tokio::test]
async fn an_event_stream_is_folded_to_its_last_message() {
    let upstream = offering(&["steps"], |request| {
        let note = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": 1, "progress": 1 } });
        let last = json!({ "jsonrpc": "2.0", "id": request.id(),
            "result": { "content": [{ "type": "text", "text": "at last" }] } });
        Reply::sse().event(&note).event(&last).last_chunk()
    });
    let world = World::start().await;
    world.list("steps", &upstream.url()).await;
    let answer = proxied(&world.stranger, "tools/call", tool("steps")).await.expect(200);
    assert_eq!(said(&answer), "at last");
    let answer = crate::support::simple(&world.stranger, "tools/call", tool("steps")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(said(&answer), "at last");
    // A client that reads streams is given one.
    let reader =
        world.stranger.clone().with_header("accept", "application/json, text/event-stream");
    let answer = crate::support::simple(&reader, "tools/call", tool("steps")).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(answer.text().contains("notifications/progress"), "{}", answer.text());
    assert_eq!(said(&answer), "at last");
}

#[tokio::test]
async fn required_tools_and_resources_decide_which_server_it_can_be() {
    let (one, two) = (saying(&["a", "b"], "one"), saying(&["a", "c"], "two"));
    let notes = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("one", &one.url()).await;
    let two_id = world.list("two", &two.url()).await;
    let notes_id = world.list("notes", &notes.url()).await;
    for _ in 0..4 {
        let wish = json!({ "required_tools": ["a", "c"] });
        let answer = wished(&world.stranger, "tools/call", tool("a"), wish).await.expect(200);
        assert_eq!(server_of(&answer), two_id);
        let wish = json!({ "required_resources": ["note://welcome"] });
        let answer = wished(&world.stranger, "tools/list", json!({}), wish).await.expect(200);
        assert_eq!(server_of(&answer), notes_id);
    }
    for wish in [
        json!({ "required_tools": ["a", "b", "c"] }),
        json!({ "required_resources": ["nowhere://x"] }),
    ] {
        let answer = wished(&world.stranger, "tools/call", tool("a"), wish).await.expect(404);
        assert_eq!(answer.json()["code"], "NO_COMPATIBLE_SERVER", "{}", answer.text());
    }
}

#[tokio::test]
async fn a_preferred_server_gets_all_calls_until_it_cannot_be_used() {
    let (one, mut two) = (saying(&["a"], "one"), saying(&["a"], "two"));
    let world = World::with(&[("MREG_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "1")]).await;
    world.list("one", &one.url()).await;
    let id = world.list("two", &two.url()).await;
    let wish = json!({ "preferred_servers": [id, "00000000-0000-4000-8000-000000000000"] });
    for _ in 0..12 {
        let answer = wished(&world.stranger, "tools/call", tool("a"), wish.clone()).await;
        assert_eq!(said(&answer.expect(200)), "two");
    }
    assert!(one.requests_of("tools/call").is_empty());
    two.stop();
    wished(&world.stranger, "tools/call", tool("a"), wish.clone()).await.expect(502);
    let answer = wished(&world.stranger, "tools/call", tool("a"), wish).await.expect(200);
    assert_eq!(said(&answer), "one");
}

#[tokio::test]
async fn a_server_that_hangs_is_a_timeout_after_the_time_that_was_asked_for() {
    let upstream = offering(&["never"], |_| Reply::bytes().hang());
    let world = World::start().await;
    let server = world.list("never", &upstream.url()).await;
    let wish = json!({ "timeout": 1 });
    let answer = wished(&world.stranger, "tools/call", tool("never"), wish).await.expect(504);
    let body = answer.json();
    assert_eq!((&body["code"], &body["error"]["code"]), (&json!("TIMEOUT_ERROR"), &json!(-32603)));
    assert_eq!(body["error"]["data"]["error"], "TIMEOUT_ERROR");
    assert_eq!((&body["server_id"], &body["success"]), (&json!(server), &json!(false)));
    assert_eq!((&body["id"], &body["jsonrpc"]), (&json!(1), &json!("2.0")));
    // A head that comes and a body that does not is one too.
    let upstream =
        offering(&["half"], |_| Reply::chunked(200, "application/json").chunk("{").hang());
    world.list("half", &upstream.url()).await;
    let wish = json!({ "timeout": 0.5 });
    wished(&world.stranger, "tools/call", tool("half"), wish).await.expect(504);
}

#[tokio::test]
async fn parameters_are_passed_on_as_they_are_object_or_array() {
    let upstream = offering(&["a"], says_params);
    let world = World::start().await;
    world.list("a", &upstream.url()).await;
    let params = json!({ "name": "a", "arguments": { "n": [1.0, null, "é"] }, "x": { "y": 1 } });
    let answer = proxied(&world.stranger, "tools/call", params.clone()).await.expect(200);
    let seen: Value = serde_json::from_str(&said(&answer)).unwrap();
    assert_eq!((&seen["arguments"], &seen["x"]), (&params["arguments"], &params["x"]), "{seen}");
    let before = upstream.requests_of("completion/complete").len();
    proxied(&world.stranger, "completion/complete", json!([1, 2])).await;
    let after = upstream.requests_of("completion/complete");
    // A modern server's requests say in an object who sends them: an array has no place for it.
    if after.len() > before {
        assert_eq!(after[before].json()["params"], json!([1, 2]));
    }
}

fn says_params(request: &registry_testkit::upstreams::ScriptedRequest) -> Reply {
    crate::support::says(request, &request.json()["params"].to_string())
}
