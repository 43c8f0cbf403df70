//! kill -9: the calls on that replica fail, each with an error at its client, and no other.

use registry_testkit::{Kind, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use crate::load::{AT_ONCE, Load};
use crate::support::{World, path};

#[tokio::test]
async fn killing_a_gateway_fails_what_it_had_in_flight_and_nothing_else() {
    each_is_killed(Kind::Gateway).await;
}

#[tokio::test]
async fn killing_a_public_api_fails_what_it_had_in_flight_and_nothing_else() {
    each_is_killed(Kind::Api).await;
}

/// Kills both replicas of a program, one after the other, under a load of every kind of client.
async fn each_is_killed(kind: Kind) {
    let mut world = World::start(&[]).await;
    let load = Load::start(&world).await;
    load.more(50).await;
    let mut failed = 0;
    for which in 0..world.cluster.replicas(kind).len() {
        let returns = load.listeners.returns();
        world.cluster.kill(kind, which);

        // Each client has noticed by now: what fails after this is another matter.
        load.more(100).await;
        let with_this = load.failures() - failed;
        assert!(with_this <= AT_ONCE, "{which}: {:?}", load.outcome.bad.lock());
        failed += with_this;
        eventually("the listener there came back elsewhere", async || {
            (load.listeners.returns() > returns).then_some(())
        })
        .await;
        load.more(100).await;
        let bad = load.outcome.bad.lock().clone();
        assert_eq!(bad.len(), failed, "more failed later: {bad:?}");
        // What it had recorded and not copied is in its folder.
        world.cluster.start_again(kind, which).await;
        if kind == Kind::Gateway {
            world.serves(&world.cluster.replicas(kind)[which].gateway_url()).await;
        }
    }
    let bad = load.end(&world).await;
    assert_eq!(bad.len(), failed, "{bad:?}");
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
    eventually("both calls run", async || (bench.slow_running() == 2).then_some(())).await;

    world.cluster.kill(Kind::Gateway, 0);

    // One of the two was there; it ends now, and with an error, although nobody opened the gate.
    let first = calls.join_next().await.unwrap().unwrap();
    assert!(first.is_err(), "{first:?}");
    bench.slow_gate.open_for_all();
    let second = calls.join_next().await.unwrap().unwrap();
    assert_eq!(second.unwrap().rpc()["result"]["content"][0]["text"], "done");
}
