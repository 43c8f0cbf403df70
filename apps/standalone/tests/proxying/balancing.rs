//! Which of several servers that can do the same gets a call.

use std::{collections::HashMap, sync::Arc};

use registry_testkit::upstreams::{Gate, Reply, Scripted};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{World, offering, proxied, saying, server_of, tool};

/// Three servers that can do the same.
struct Three {
    world: World,
    ids: Vec<String>,
    _servers: Vec<Scripted>,
}

async fn three(algorithm: &str, make: impl Fn() -> Scripted) -> Three {
    let world = World::with(&[("MREG_DEFAULT_LOAD_BALANCER", algorithm)]).await;
    let servers: Vec<Scripted> = (0..3).map(|_| make()).collect();
    let mut ids = Vec::new();
    for (alias, server) in ["one", "two", "three"].iter().zip(&servers) {
        ids.push(world.list(alias, &server.url()).await);
    }
    world.healthy(3).await;
    assert_eq!(world.metrics().await["load_balancing_algorithm"], algorithm);
    Three { world, ids, _servers: servers }
}

async fn distribution(of: &Three, calls: usize) -> HashMap<String, usize> {
    let mut chosen: HashMap<String, usize> = of.ids.iter().map(|id| (id.clone(), 0)).collect();
    for _ in 0..calls {
        let answer = proxied(&of.world.stranger, "tools/call", tool("same")).await.expect(200);
        *chosen.get_mut(&server_of(&answer)).unwrap() += 1;
    }
    chosen
}

#[tokio::test]
async fn round_robin_gives_each_the_same_number() {
    let three = three("round_robin", || saying(&["same"], "x")).await;
    let chosen = distribution(&three, 30).await;
    assert!(chosen.values().all(|calls| *calls == 10), "{chosen:?}");
    let metrics = three.world.metrics().await;
    assert_eq!(metrics["summary"]["total_requests"], 30, "{metrics}");
    for id in &three.ids {
        let of = &metrics["metrics"][id];
        assert_eq!((&of["total_requests"], &of["success_rate"]), (&json!(10), &json!(1.0)), "{of}");
        assert!(of["avg_response_time_ms"].as_f64().unwrap() > 0.0, "{of}");
        assert!(of["p95_response_time_ms"].as_f64() >= of["p50_response_time_ms"].as_f64(), "{of}");
        assert!(of["last_update"].is_string() && of["circuit_breaker_state"] == "closed", "{of}");
    }
}

#[tokio::test]
async fn random_and_weighted_give_each_its_part() {
    for algorithm in ["random", "weighted"] {
        let three = three(algorithm, || saying(&["same"], "x")).await;
        let chosen = distribution(&three, 150).await;
        // Fifty each; fewer than twenty is an accident of less than one in a million.
        assert!(chosen.values().all(|calls| *calls >= 20), "{algorithm}: {chosen:?}");
    }
}

#[tokio::test]
async fn least_connections_looks_at_what_is_under_way() {
    let gate = Gate::new();
    let held = gate.clone();
    let three = three("least_connections", || {
        let held = held.clone();
        offering(&["same"], move |_| Reply::bytes().wait(&held).close())
    })
    .await;
    let three = Arc::new(three);
    let mut calls = JoinSet::new();
    for _ in 0..30 {
        let three = three.clone();
        calls
            .spawn(async move { proxied(&three.world.stranger, "tools/call", tool("same")).await });
    }
    three.world.active(30).await;
    for id in &three.ids {
        assert_eq!(three.world.metrics_of(id).await["active_connections"], 10);
    }
    gate.open_for_all();
    while calls.join_next().await.is_some() {}
}

#[tokio::test]
async fn consistent_hash_keeps_each_caller_at_one_server_also_after_a_restart() {
    let three = three("consistent_hash", || saying(&["same"], "x")).await;
    let people: Vec<String> = (0..12).map(|number| format!("person-{number}")).collect();
    let before = homes(&three.world, &people).await;
    let used: std::collections::HashSet<_> = before.values().collect();
    assert!(used.len() > 1, "{before:?}");
    let chosen = distribution(&three, 5).await;
    assert_eq!(chosen.values().filter(|calls| **calls > 0).count(), 1, "strangers: {chosen:?}");

    let again = World::of(three.world.program.start_again().await).await;
    again.healthy(3).await;
    assert_eq!(homes(&again, &people).await, before);
}

/// At which server each person's calls end up.
async fn homes(world: &World, people: &[String]) -> HashMap<String, String> {
    let mut homes = HashMap::new();
    for person in people {
        let api = world.someone(person).await;
        for _ in 0..3 {
            let answer = proxied(&api, "tools/call", tool("same")).await.expect(200);
            let home = server_of(&answer);
            let known = homes.entry(person.clone()).or_insert_with(|| home.clone());
            assert_eq!(*known, home, "{person}");
        }
    }
    homes
}

#[tokio::test]
async fn an_algorithm_that_nobody_knows_is_told_at_the_start() {
    let output = registry_testkit::Program::run(
        "mcp-registry",
        &["validate"],
        &[("MREG_DEFAULT_LOAD_BALANCER", "fastest")],
    );
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("MREG_DEFAULT_LOAD_BALANCER") && said.contains("round_robin"), "{said}");
}
