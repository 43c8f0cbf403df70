//! The SDK's client against the SDK's server, directly: the ground that gateway tests stand on.

use registry_testkit::{
    Api,
    clients::{auto_client, call, legacy_client, modern_client, text_of},
    eventually,
    upstreams::{Era, RmcpOptions, RmcpServer},
};
use serde_json::json;

#[tokio::test]
async fn both_eras_list_and_call() {
    for (legacy_session_mode, json_response) in [(true, false), (false, true), (false, false)] {
        let options = RmcpOptions { legacy_session_mode, json_response, ..RmcpOptions::default() };
        let server = RmcpServer::start(options);
        for client in [
            modern_client(&server.url(), "t").await.expect("modern"),
            legacy_client(&server.url(), "t").await.expect("legacy"),
        ] {
            let names: Vec<_> =
                client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
            assert_eq!(names, ["add", "big", "echo", "fail", "progress", "slow"]);
            let echoed = client.call_tool(call("echo", json!({ "text": "héllo" }))).await.unwrap();
            assert_eq!(text_of(&echoed), "héllo");
            let sum = client.call_tool(call("add", json!({ "a": 2, "b": 40 }))).await.unwrap();
            assert_eq!(sum.structured_content, Some(json!({ "sum": 42 })));
            let failed = client.call_tool(call("fail", json!({}))).await.unwrap();
            assert_eq!(failed.is_error, Some(true));
            let big = client.call_tool(call("big", json!({ "bytes": 100_000 }))).await.unwrap();
            assert_eq!(text_of(&big).len(), 100_000);
            client.cancel().await.unwrap();
        }
        assert!(
            server
                .seen_of("tools/call")
                .iter()
                .all(|seen| seen.header("authorization") == "Bearer t")
        );
    }
}

#[tokio::test]
async fn progress_arrives_before_the_result() {
    let server = RmcpServer::start(RmcpOptions { json_response: true, ..RmcpOptions::default() });
    for client in [
        modern_client(&server.url(), "").await.unwrap(),
        legacy_client(&server.url(), "").await.unwrap(),
    ] {
        let done = client.call_tool(call("progress", json!({ "steps": 4 }))).await.unwrap();
        assert_eq!(text_of(&done), "4 steps");
        eventually("four notifications were handled", async || {
            (client.service().progress().len() == 4).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn resources_and_prompts_are_there() {
    let server = RmcpServer::start(RmcpOptions::default());
    let client = modern_client(&server.url(), "").await.unwrap();
    assert_eq!(client.list_all_resources().await.unwrap().len(), 1);
    assert_eq!(client.list_all_resource_templates().await.unwrap().len(), 1);
    assert_eq!(client.list_all_prompts().await.unwrap().len(), 1);
    let read = Api::new(server.url()).mcp("", "resources/read", json!({ "uri": "note://x" })).await;
    assert_eq!(read.rpc()["result"]["contents"][0]["text"], "the note x");
}

#[tokio::test]
async fn an_era_can_be_left_out() {
    let legacy = RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    assert!(modern_client(&legacy.url(), "").await.is_err());
    let client = auto_client(&legacy.url(), "").await.expect("falls back");
    assert_eq!(client.peer_info().unwrap().protocol_version.as_str(), "2025-11-25");
    let refusing =
        RmcpServer::start(RmcpOptions { era: Era::LegacyKnowing, ..RmcpOptions::default() });
    let refusal = Api::new(refusing.url()).mcp("", "server/discover", json!({})).await.expect(400);
    assert_eq!(refusal.json()["error"]["code"], -32022);
    assert!(legacy_client(&refusing.url(), "").await.is_ok());

    let modern = RmcpServer::start(RmcpOptions { era: Era::ModernOnly, ..RmcpOptions::default() });
    assert!(legacy_client(&modern.url(), "").await.is_err());
    assert!(modern_client(&modern.url(), "").await.is_ok());
}

#[tokio::test]
async fn a_slow_call_waits_for_its_gate_and_notices_a_client_that_left() {
    let server = RmcpServer::start(RmcpOptions::default());
    let bench = server.workbench().clone();
    let api = Api::new(server.url());
    let params = json!({ "name": "slow", "arguments": {} });

    let opened = async {
        eventually("the call runs", async || (bench.slow_running() == 1).then_some(())).await;
        bench.slow_gate.open();
    };
    let (answer, ()) = tokio::join!(api.mcp("", "tools/call", params.clone()), opened);
    assert_eq!(answer.rpc()["result"]["content"][0]["text"], "done");

    tokio::select! {
        answer = api.mcp("", "tools/call", params) => panic!("{answer:?} before the gate opened"),
        () = eventually("the call runs", async || (bench.slow_running() == 1).then_some(())) => {}
    }
    eventually("it was cancelled", async || (bench.slow_cancelled() == 1).then_some(())).await;
}

#[tokio::test]
async fn definitions_drift_and_connections_are_counted() {
    let server = RmcpServer::start(RmcpOptions { json_response: true, ..RmcpOptions::default() });
    let api = Api::new(server.url());
    server.workbench().redescribe("echo", "something else");
    server.workbench().hide("big");
    for _ in 0..5 {
        let list = api.mcp("", "tools/list", json!({})).await.expect(200).rpc();
        let tools = list["result"]["tools"].as_array().unwrap().clone();
        assert_eq!(tools.len(), 5);
        assert_eq!(tools[1]["description"], "something else");
    }
    assert_eq!((server.requests(), server.connections()), (5, 1));
}

#[tokio::test]
async fn a_stopped_server_comes_back_on_its_port() {
    let mut server = RmcpServer::start(RmcpOptions::default());
    let port = server.port();
    let client = modern_client(&server.url(), "").await.unwrap();
    server.stop();
    assert!(client.call_tool(call("echo", json!({ "text": "x" }))).await.is_err());
    let again = RmcpServer::start(RmcpOptions { port, ..RmcpOptions::default() });
    let client = modern_client(&again.url(), "").await.unwrap();
    assert!(client.call_tool(call("echo", json!({ "text": "x" }))).await.is_ok());
}
