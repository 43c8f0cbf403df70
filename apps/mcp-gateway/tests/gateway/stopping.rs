//! The end is graceful: what has begun completes.

use registry_testkit::{
    Api, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{USER, World, records_of};

#[tokio::test]
async fn the_call_in_flight_completes_and_the_program_ends_well() {
    let mut world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    let bench = upstream.workbench();
    let api = world.mcp();
    let stop_in_the_middle = async {
        eventually("the call runs", async || (bench.slow_running() == 1).then_some(())).await;
        world.program.terminate();
        eventually("the program is stopping", async || {
            let stopping = |log: &serde_json::Value| log.to_string().contains("stopping");
            world.program.logs().iter().any(stopping).then_some(())
        })
        .await;
        bench.slow_gate.open();
    };
    let (answer, ()) =
        tokio::join!(api.call_tool(&files.path, "slow", json!({})), stop_in_the_middle);
    assert_eq!(answer.expect(200).rpc()["result"]["content"][0]["text"], "done");
    let status = world.program.wait_exit().await;
    assert!(status.success(), "{status}");
    assert_eq!(records_of(world.program.data_dir(), USER, 1).await[0].method, "tools/call");
    let spool = std::fs::read_dir(world.program.data_dir().path().join("spool")).unwrap();
    let waiting: u64 = spool.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(waiting, 0, "what waited in the spool was copied");
}

#[tokio::test]
async fn the_gateway_says_how_it_is_without_a_token() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    let nobody = Api::gateway(&world.program);
    for (path, status) in [("/", "running"), ("/health", "healthy"), ("/ready", "ready")] {
        assert_eq!(nobody.get(path).await.expect(200).json()["status"], status, "{path}");
    }
    nobody.get("/livez").await.expect(200);
    let health = nobody.get("/health").await.json();
    assert_eq!(health["components"]["router"]["servers"], 1);
}
