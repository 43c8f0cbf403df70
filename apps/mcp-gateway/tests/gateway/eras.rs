//! Every client reaches every server: the official SDK on both sides, all eras, both doors.

use registry_testkit::{
    clients::{Client, call, legacy_client, modern_client, text_of},
    eventually,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{OWN_TOOLS, World};

const TOOLS: [&str; 6] = ["add", "big", "echo", "fail", "progress", "slow"];

fn upstream(era: Era, legacy_session_mode: bool, json_response: bool) -> RmcpServer {
    let options = RmcpOptions::default();
    RmcpServer::start(RmcpOptions { era, legacy_session_mode, json_response, ..options })
}

/// Lists and calls the tools of one server, whose names begin with `prefix`.
async fn lists_and_calls(client: &Client, prefix: &str) {
    let listed = client.list_all_tools().await.unwrap();
    let names = listed.iter().map(|tool| tool.name.to_string());
    let names: Vec<String> = names.filter(|name| !OWN_TOOLS.contains(&name.as_str())).collect();
    assert_eq!(names, TOOLS.map(|tool| format!("{prefix}{tool}")));
    let tool = |name: &str| format!("{prefix}{name}");

    let echoed = client.call_tool(call(&tool("echo"), json!({ "text": "héllo ✓" }))).await.unwrap();
    assert_eq!(text_of(&echoed), "héllo ✓");
    let sum = client.call_tool(call(&tool("add"), json!({ "a": 2, "b": 40 }))).await.unwrap();
    assert_eq!(sum.structured_content, Some(json!({ "sum": 42 })));
    let failed = client.call_tool(call(&tool("fail"), json!({}))).await.unwrap();
    assert_eq!((failed.is_error, text_of(&failed)), (Some(true), "it failed, as asked".to_owned()));
    let big = client.call_tool(call(&tool("big"), json!({ "bytes": 300_000 }))).await.unwrap();
    assert_eq!(text_of(&big).len(), 300_000);
    let progress = client.call_tool(call(&tool("progress"), json!({ "steps": 3 }))).await.unwrap();
    assert_eq!(text_of(&progress), "3 steps");
    eventually("the progress was told", async || {
        (client.service().progress().len() == 3).then_some(())
    })
    .await;
    let unknown = client.call_tool(call(&tool("nonesuch"), json!({}))).await;
    assert!(unknown.unwrap_err().to_string().contains("unknown tool"));
}

/// Both eras of client, at both doors, against one upstream.
async fn every_client_reaches(upstream: &RmcpServer) {
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    let own = format!("{}/servers/files/mcp", world.gateway_url());
    let shared = format!("{}/mcp", world.gateway_url());
    for (url, prefix) in [(&own, ""), (&shared, "files__")] {
        let modern = modern_client(url, &world.user).await.expect("a modern client connects");
        lists_and_calls(&modern, prefix).await;
        modern.cancel().await.unwrap();
        let legacy = legacy_client(url, &world.user).await.expect("a legacy client connects");
        assert_eq!(legacy.peer_info().unwrap().protocol_version.as_str(), "2025-11-25");
        lists_and_calls(&legacy, prefix).await;
        legacy.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn every_client_reaches_a_server_of_both_eras_that_streams() {
    every_client_reaches(&upstream(Era::Both, true, false)).await;
}

#[tokio::test]
async fn every_client_reaches_a_server_of_both_eras_that_answers_json() {
    every_client_reaches(&upstream(Era::Both, true, true)).await;
}

#[tokio::test]
async fn every_client_reaches_a_legacy_server_with_sessions() {
    every_client_reaches(&upstream(Era::LegacyOnly, true, false)).await;
}

#[tokio::test]
async fn every_client_reaches_a_legacy_server_without_sessions_that_answers_json() {
    every_client_reaches(&upstream(Era::LegacyOnly, false, true)).await;
}

#[tokio::test]
async fn every_client_reaches_a_legacy_server_that_knows_of_the_modern_era() {
    every_client_reaches(&upstream(Era::LegacyKnowing, true, false)).await;
}

#[tokio::test]
async fn every_client_reaches_a_modern_server() {
    every_client_reaches(&upstream(Era::ModernOnly, false, false)).await;
}

#[tokio::test]
async fn resources_and_prompts_of_one_server_are_reached_by_both_eras() {
    for era in [Era::LegacyOnly, Era::ModernOnly] {
        let upstream = upstream(era, true, false);
        let world = World::start().await;
        let files = world.list("files", &upstream.url()).await;
        let url = format!("{}{}", world.gateway_url(), files.path);
        for client in [
            modern_client(&url, &world.user).await.unwrap(),
            legacy_client(&url, &world.user).await.unwrap(),
        ] {
            assert_eq!(client.list_all_resources().await.unwrap()[0].uri, "note://welcome");
            assert_eq!(client.list_all_resource_templates().await.unwrap().len(), 1);
            assert_eq!(client.list_all_prompts().await.unwrap()[0].name, "greet");
            client.cancel().await.unwrap();
        }
        let api = world.mcp();
        let read = json!({ "uri": "note://other" });
        let modern = api.mcp(&files.path, "resources/read", read.clone()).await.expect(200).rpc();
        let legacy = api.mcp_legacy(&files.path, None, "resources/read", read).await;
        for answer in [modern, legacy.expect(200).rpc()] {
            assert_eq!(answer["result"]["contents"][0]["text"], "the note other", "{answer}");
        }
        let greet = json!({ "name": "greet", "arguments": { "name": "Ada" } });
        let modern = api.mcp(&files.path, "prompts/get", greet.clone()).await.expect(200).rpc();
        let legacy = api.mcp_legacy(&files.path, None, "prompts/get", greet).await;
        for answer in [modern, legacy.expect(200).rpc()] {
            let text = &answer["result"]["messages"][0]["content"]["text"];
            assert_eq!(text, "Say hello to Ada", "{answer}");
        }
    }
}

#[tokio::test]
async fn each_era_is_answered_in_its_own_shape() {
    let world = World::start().await;
    let api = world.mcp();
    let discovered = api.mcp("/mcp", "server/discover", json!({})).await.expect(200).json();
    let result = &discovered["result"];
    let versions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
    let mut spoken: Vec<&str> =
        result["supportedVersions"].as_array().unwrap().iter().filter_map(|v| v.as_str()).collect();
    spoken.sort_unstable();
    assert_eq!(spoken, versions);
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["cacheScope"], "private");

    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let hello = json!({
            "protocolVersion": version, "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" },
        });
        let answer = api.mcp_legacy("/mcp", None, "initialize", hello).await.expect(200);
        assert_eq!(answer.json()["result"]["protocolVersion"], version);
    }
    let hello = json!({ "protocolVersion": "2031-01-01", "capabilities": {} });
    let answer = api.mcp_legacy("/mcp", None, "initialize", hello).await.expect(200);
    assert_eq!(answer.json()["result"]["protocolVersion"], "2025-11-25");

    let modern = api.mcp("/mcp", "tools/list", json!({})).await.expect(200).json();
    assert_eq!(modern["result"]["resultType"], "complete");
    assert_eq!(modern["result"]["cacheScope"], "private");
    let legacy = api.mcp_legacy("/mcp", None, "tools/list", json!({})).await.expect(200).json();
    let members: Vec<&String> = legacy["result"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["tools"]);
    let pong = api.mcp_legacy("/mcp", None, "ping", json!({})).await.expect(200).json();
    assert_eq!(pong["result"], json!({}));
    let told = api.mcp_legacy("/mcp", None, "notifications/initialized", json!({})).await;
    assert_eq!(told.expect(202).body, "");
}
