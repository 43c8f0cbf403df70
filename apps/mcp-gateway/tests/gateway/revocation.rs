//! What is taken away is gone within a second, in one process and in two.

use std::time::{Duration, Instant};

use registry_testkit::{
    Api, Launch, Program, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Listed, World, tools_shown};

/// The REST API and the gateway as two processes on one data folder.
async fn two_processes() -> World {
    let service = Program::start("public-api", &[]).await;
    let port = service.service_port().to_string();
    let gateway = Launch::program("mcp-gateway")
        .envs(&[("MREG_SERVICE_PORT", &port)])
        .data_dir(service.data_dir())
        .start()
        .await;
    World::around(service, Some(gateway)).await
}

/// Deletes the registration; how long its tools could still be seen or called.
async fn revoke(world: &World, listed: &Listed) -> Duration {
    let path = format!("/registrations/{}", listed.registration);
    let api = world.mcp();
    world.registry().delete(&path).await.expect(204);
    let revoked = Instant::now();
    eventually("the tools are gone", async || {
        tools_shown(&api, "/mcp").await.is_empty().then_some(())
    })
    .await;
    let took = revoked.elapsed();
    api.mcp(&listed.path, "tools/list", json!({})).await.expect(404);
    let prefixed = format!("{}__echo", listed.alias);
    let call = api.call_tool("/mcp", &prefixed, json!({ "text": "x" })).await.expect(200).json();
    assert_eq!(call["error"]["code"], -32602);
    took
}

async fn revoking_takes_the_tools_away(world: World) -> Duration {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let call = world.mcp().call_tool("/mcp", "files__echo", json!({ "text": "x" })).await;
    assert_eq!(call.rpc()["result"]["content"][0]["text"], "x");
    let took = revoke(&world, &files).await;
    assert!(took < Duration::from_secs(10), "promised: one second; took {took:?}");
    assert_eq!(upstream.seen_of("tools/call").len(), 1);
    took
}

#[tokio::test]
async fn revoking_takes_the_tools_away_in_one_process() {
    let took = revoking_takes_the_tools_away(World::start().await).await;
    println!("revoked after {took:?}");
}

#[tokio::test]
async fn revoking_takes_the_tools_away_in_two_processes() {
    let took = revoking_takes_the_tools_away(two_processes().await).await;
    println!("revoked after {took:?}");
}

#[tokio::test]
async fn a_gateway_goes_on_while_the_rest_api_is_down() {
    let mut world = two_processes().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    world.program.kill();
    let call = world.mcp().call_tool(&files.path, "echo", json!({ "text": "x" })).await.expect(200);
    assert_eq!(call.rpc()["result"]["content"][0]["text"], "x");

    let mut gateway = world.gateway.take().unwrap();
    gateway.kill();
    let gateway = gateway.start_again().await;
    let api = Api::gateway(&gateway).with_token(&world.user);
    assert_eq!(tools_shown(&api, "/mcp").await.len(), 6);
    let call = api.call_tool(&files.path, "echo", json!({ "text": "y" })).await.expect(200);
    assert_eq!(call.rpc()["result"]["content"][0]["text"], "y");
}
