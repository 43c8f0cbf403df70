//! One operation record per call, whatever becomes of the call, and no secret in any of them.

use std::{fs, path::Path};

use registry_domain::operation::Operation;
use registry_testkit::{
    Api,
    clients::{call, legacy_client, modern_client},
    eventually,
    upstreams::{Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake},
};
use serde_json::{Value, json};

use crate::support::{TENANT, USER, USER_EMAIL, World, records_of};

fn methods(records: &[Operation]) -> Vec<&str> {
    records.iter().map(|record| record.method.as_str()).collect()
}

#[tokio::test]
async fn every_call_leaves_one_record_that_says_who_what_and_how() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();

    let traced = api.clone().with_header("x-request-id", "trace-1");
    let arguments = json!({ "text": "hi", "api_key": "k", "keyword": "stays" });
    traced.call_tool(&files.path, "echo", arguments).await.expect(200);
    api.call_tool("/mcp", "files__fail", json!({})).await.expect(200);
    api.call_tool("/mcp", "files__nonesuch", json!({})).await.expect(200);
    api.mcp(&files.path, "tools/list", json!({})).await.expect(200);
    api.mcp(&files.path, "resources/read", json!({ "uri": "note://x" })).await.expect(200);
    api.mcp("/mcp", "nonesuch", json!({})).await.expect(404);
    api.mcp_legacy("/mcp", None, "ping", json!({})).await.expect(200);
    api.mcp_legacy("/mcp", None, "notifications/initialized", json!({})).await.expect(202);

    let records = world.records(7).await;
    assert_eq!(
        methods(&records),
        [
            "tools/call",
            "tools/call",
            "tools/call",
            "tools/list",
            "resources/read",
            "nonesuch",
            "ping"
        ]
    );
    for record in &records {
        assert_eq!(record.user_id.as_deref(), Some(USER));
        assert_eq!(record.tenant_id.as_deref(), Some(TENANT));
        assert_eq!(record.email.as_deref(), Some(USER_EMAIL));
        assert_eq!(record.success, record.error_message.is_none(), "{record:?}");
        assert_eq!(record.success, record.error_code.is_none(), "{record:?}");
    }
    let successes: Vec<bool> = records.iter().map(|record| record.success).collect();
    assert_eq!(successes, [true, false, false, true, true, false, true]);
    let tools: Vec<_> = records.iter().map(|record| record.tool_name.as_deref()).collect();
    let named = [Some("echo"), Some("files__fail"), Some("files__nonesuch")];
    assert_eq!(tools[..3], named);
    assert_eq!(tools[3..], [None; 4]);
    let params: Value = serde_json::from_str(records[0].params.as_deref().unwrap()).unwrap();
    let kept = json!({ "text": "hi", "api_key": "***REDACTED***", "keyword": "stays" });
    assert_eq!(params, kept);
    assert_eq!(records[0].request_id, "trace-1");
    assert!(records[0].server_id.is_some());
    assert_eq!(records[0].server_id, records[1].server_id);
    assert_eq!(records[2].error_code.as_deref(), Some("VALIDATION_ERROR"));
}

#[tokio::test]
async fn an_sdk_clients_whole_visit_is_recorded() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let url = format!("{}{}", world.gateway_url(), files.path);
    let legacy = legacy_client(&url, &world.user).await.unwrap();
    legacy.list_all_tools().await.unwrap();
    legacy.call_tool(call("echo", json!({ "text": "x" }))).await.unwrap();
    let visit = ["initialize", "tools/list", "tools/call"];
    assert_eq!(methods(&world.records(3).await), visit);
    let modern = modern_client(&url, &world.user).await.unwrap();
    modern.call_tool(call("echo", json!({ "text": "x" }))).await.unwrap();
    let records = world.records(5).await;
    assert_eq!(methods(&records)[3..], ["server/discover", "tools/call"]);
}

#[tokio::test]
async fn a_record_tells_how_long_the_call_took() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    world.mcp().call_tool(&files.path, "slow", json!({ "ms": 300 })).await.expect(200);
    let record = world.records(1).await.remove(0);
    assert!(record.success);
    assert!(record.duration_ms >= 300, "{record:?}");
}

#[tokio::test]
async fn an_answer_carries_the_request_id_and_a_bad_one_is_replaced() {
    let world = World::start().await;
    let given = world.mcp().with_header("x-request-id", "abc-123");
    let answer = given.mcp("/mcp", "tools/list", json!({})).await;
    assert_eq!(answer.header("x-request-id"), "abc-123");
    let refused = Api::gateway(&world.program).with_header("x-request-id", "abc-124");
    let refused = refused.mcp("/mcp", "tools/list", json!({})).await.expect(401);
    assert_eq!(refused.header("x-request-id"), "abc-124");
    assert_eq!(refused.json()["error"]["data"]["request_id"], "abc-124");
    let bad = world.mcp().with_header("x-request-id", &"x".repeat(129));
    let made = bad.mcp("/mcp", "tools/list", json!({})).await;
    assert_eq!(made.header("x-request-id").len(), 36);
    let ids: Vec<String> =
        world.records(2).await.into_iter().map(|record| record.request_id).collect();
    assert_eq!(ids, ["abc-123", made.header("x-request-id")]);
}

#[tokio::test]
async fn records_survive_the_programs_sudden_death() {
    let mut world = World::start().await;
    let upstreams = [true, false].map(|json_response| {
        RmcpServer::start(RmcpOptions { json_response, ..RmcpOptions::default() })
    });
    world.list("json", &upstreams[0].url()).await;
    world.list("events", &upstreams[1].url()).await;
    let api = world.mcp();
    for number in 0..50 {
        let tool = if number % 2 == 0 { "json__echo" } else { "events__echo" };
        let text = format!("call {number}");
        let call = api.call_tool("/mcp", tool, json!({ "text": text })).await.expect(200);
        assert_eq!(call.rpc()["result"]["content"][0]["text"], text);
    }
    world.program.kill();
    let again = world.program.start_again().await;
    let records = records_of(again.data_dir(), USER, 50).await;
    assert!(records.iter().all(|record| record.success));
    drop(again);
}

#[tokio::test]
async fn a_call_that_could_not_be_recorded_is_not_made() {
    let world = World::with(&[("MREG_AUDIT_SPOOL_MAX_BYTES", "65536")]).await;
    let upstream = RmcpServer::start(RmcpOptions { json_response: true, ..RmcpOptions::default() });
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    // Each record keeps nearly all of its arguments, so a few fill the spool before it is emptied.
    let text = "x".repeat(15_000);
    let mut made = 0;
    let refused = eventually("the spool is full", async || {
        let answer = api.call_tool(&files.path, "echo", json!({ "text": text })).await;
        made += usize::from(answer.status == 200);
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(refused.json()["error"]["data"]["error"], "SERVER_UNAVAILABLE");
    let seen = upstream.seen_of("tools/call").len();
    assert_eq!(seen, made, "what was refused was not sent");
    world.records(made).await;
    eventually("there is room again", async || {
        let answer = api.call_tool(&files.path, "echo", json!({ "text": "x" })).await;
        (answer.status == 200).then_some(())
    })
    .await;
    world.records(made + 1).await;
}

#[tokio::test]
async fn no_secret_is_in_any_file_or_log_line() {
    let mut world = World::with(&[("LOG_LEVEL", "DEBUG")]).await;
    let upstream = Scripted::start(|request| {
        answer_handshake(request)
            .unwrap_or_else(|| Reply::error(request, 200, -32000, "upstream-said-hunter2"))
    });
    let files = world.list("files", &upstream.url()).await;
    let arguments = json!({
        "password": "hunter2-a", "nested": [{ "clientSecret": { "deep": "hunter2-b" } }],
        "Authorization": "hunter2-c", "private_key": "hunter2-d", "session-token": "hunter2-e",
        "text": "harmless",
    });
    let api = world.mcp();
    for (path, tool) in [(files.path.as_str(), "echo"), ("/mcp", "files__echo")] {
        api.call_tool(path, tool, arguments.clone()).await.expect(200);
    }
    api.call_tool("/mcp", "files__nonesuch", arguments.clone()).await.expect(200);
    world.mcp_as("hunter2-token").mcp("/mcp", "tools/list", json!({})).await.expect(401);
    let sent = upstream.requests_of("tools/call");
    assert_eq!(sent[0].json()["params"]["arguments"], arguments, "the server gets them unredacted");

    let records = world.records(3).await;
    assert!(records.iter().all(|record| record.params.as_ref().unwrap().contains("harmless")));
    world.program.terminate();
    world.program.wait_exit().await;
    let (_, signature) = world.user.rsplit_once('.').unwrap();
    let logs = format!("{:?}{}", world.program.logs(), world.program.errors());
    for secret in ["hunter2", signature] {
        assert!(!logs.contains(secret), "a secret is in the log");
        assert_eq!(files_with(world.program.data_dir().path(), secret), Vec::<String>::new());
    }
}

/// The files below `folder` that contain `text`.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}
