//! A rolling restart (SIGTERM, one replica after the other) fails no request.

use registry_testkit::{Api, Kind, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use crate::load::Load;
use crate::support::{World, path};

/// Connections that are kept have the time to end with an answer.
const DRAIN: [(&str, &str); 1] = [("MREG_SHUTDOWN_DRAIN", "1")];

#[tokio::test]
async fn a_rolling_restart_under_load_fails_no_request() {
    let mut world = World::start(&DRAIN).await;
    let load = Load::start(&world).await;
    load.more(50).await;
    for kind in [Kind::Gateway, Kind::Api] {
        for which in 0..world.cluster.replicas(kind).len() {
            assert!(world.cluster.stop(kind, which).await, "it ends well");
            load.more(30).await;
            world.cluster.start_again(kind, which).await;
            if kind == Kind::Gateway {
                world.serves(&world.cluster.replicas(kind)[which].gateway_url()).await;
            }
            load.more(30).await;
        }
    }
    let bad = load.end(&world).await;
    // Although the balancer asks nobody whether they are ready.
    assert!(bad.is_empty(), "{bad:#?}");
}

#[tokio::test]
async fn one_that_is_told_to_stop_is_not_ready_and_finishes_what_it_has() {
    let mut world = World::start(&[("MREG_SHUTDOWN_DRAIN", "600")]).await;
    let gateway = &world.cluster.replicas(Kind::Gateway)[0];
    let token = world.cluster.entra.access_token("Ada");
    let client = Api::gateway(gateway).with_token(&token);
    let mut calls = JoinSet::new();
    let caller = client.clone();
    calls.spawn(async move { caller.call_tool(&path(), "slow", json!({})).await });
    let bench = world.upstream.workbench().clone();
    eventually("the call runs", async || (bench.slow_running() == 1).then_some(())).await;

    gateway.terminate();

    let probe = Api::gateway(gateway);
    let told = eventually("it is not ready", async || {
        let ready = probe.get("/ready").await;
        (ready.status == 503).then_some(ready)
    })
    .await;
    assert_eq!(told.json()["reason"], "stopping");
    probe.get("/livez").await.expect(200);
    // It still answers, and says that the connection ends.
    let last = client.call_tool(&path(), "echo", json!({ "text": "late" })).await.expect(200);
    assert_eq!(last.header("connection"), "close");
    // Told again, it waits for what it has and for nothing else.
    world.cluster.replicas(Kind::Gateway)[0].terminate();
    eventually("it has stopped listening", async || {
        let port = world.cluster.replicas(Kind::Gateway)[0].gateway_port();
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err().then_some(())
    })
    .await;
    bench.slow_gate.open();
    let answer = calls.join_next().await.unwrap().unwrap().expect(200);
    assert_eq!(answer.rpc()["result"]["content"][0]["text"], "done");
    assert!(world.cluster.stop(Kind::Gateway, 0).await, "it ended well");
    let kept = "the call is recorded";
    let admin = world.api_as("Grace");
    eventually(kept, async || {
        let told = admin.get("/api/v1/audit/operations?method=tools/call&limit=50").await;
        let text = told.expect(200).text();
        text.contains("\"slow\"").then_some(())
    })
    .await;
}
