//! kill -9: the calls on that replica fail, each with an error at its client, and no other.

use registry_testkit::Kind;
use serde_json::json;
use tokio::task::JoinSet;

use crate::load::Load;
use crate::support::{World, path};

/// Clients of a load have at most one request each at a time.
const AT_ONCE: usize = 12;

#[tokio::test]
async fn killing_a_replica_under_load_fails_what_it_had_in_flight_and_nothing_after() {
    let mut world = World::start(&[]).await;
    for kind in [Kind::Gateway, Kind::Api] {
        let load = Load::start(&world);
        load.more(50).await;
        assert_eq!(load.failures(), 0, "{:?}", load.outcome.bad.lock());

        world.cluster.kill(kind, 0);

        // Each client has noticed by now: what fails after this is another matter.
        load.more(100).await;
        let failed = load.failures();
        assert!(failed <= AT_ONCE, "{kind:?}: {:?}", load.outcome.bad.lock());
        load.more(100).await;
        let bad = load.end().await;
        assert_eq!(bad.len(), failed, "{kind:?}: more failed later: {bad:?}");
        world.cluster.start_again(kind, 0).await;
        if kind == Kind::Gateway {
            world.serves(&world.cluster.replicas(kind)[0].gateway_url()).await;
        }
    }
}

#[tokio::test]
async fn a_call_on_a_replica_that_is_killed_is_an_error_at_its_client() {
    let mut world = World::start(&[]).await;
    let mut calls = JoinSet::new();
    for _ in 0..2 {
        let client = world.gateway_as("Ada");
        calls.spawn(async move {
            let within = registry_testkit::DEADLINE;
            client.try_call_tool(&path(), "slow", json!({}), within).await
        });
    }
    let bench = world.upstream.workbench().clone();
    registry_testkit::eventually("both calls run", async || {
        (bench.slow_running() == 2).then_some(())
    })
    .await;

    world.cluster.kill(Kind::Gateway, 0);

    // One of the two was there; it ends now, and with an error, although nobody opened the gate.
    let first = calls.join_next().await.unwrap().unwrap();
    assert!(first.is_err(), "{first:?}");
    bench.slow_gate.open_for_all();
    let second = calls.join_next().await.unwrap().unwrap();
    assert_eq!(second.unwrap().rpc()["result"]["content"][0]["text"], "done");
}
