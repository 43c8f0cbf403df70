//! A server that fails is left alone for a while, on every door; others are asked where that is
//! safe.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use registry_testkit::{
    eventually,
    upstreams::{Reply, Scripted},
};
use serde_json::json;

use crate::support::{World, offering, proxied, said, saying, says, server_of, simple, tool};

const QUICK: &[(&str, &str)] = &[
    ("MREG_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "2"),
    ("MREG_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "1"),
    ("MREG_CIRCUIT_BREAKER_SUCCESS_THRESHOLD", "2"),
];

/// A server that answers 500 while it is unwell.
fn moody(unwell: &Arc<AtomicBool>) -> Scripted {
    let unwell = unwell.clone();
    offering(&["moody"], move |request| {
        if unwell.load(Ordering::SeqCst) {
            Reply::json(500, &json!({ "jsonrpc": "2.0", "id": request.id(), "result": {} }))
        } else {
            says(request, "well")
        }
    })
}

#[tokio::test]
async fn a_breaker_opens_keeps_calls_away_and_closes_again() {
    let unwell = Arc::new(AtomicBool::new(true));
    let upstream = moody(&unwell);
    let recovery = [QUICK[0], ("MREG_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "5"), QUICK[2]];
    let world = World::with(&recovery).await;
    let server = world.list("moody", &upstream.url()).await;
    for failures in 1..=2 {
        proxied(&world.stranger, "tools/call", tool("moody")).await.expect(502);
        let metrics = world.metrics_of(&server).await;
        assert_eq!(metrics["failure_count"], failures, "{metrics}");
        assert_eq!(metrics["failed_requests"], failures, "{metrics}");
    }
    let metrics = world.metrics().await;
    assert_eq!(metrics["metrics"][&server]["circuit_breaker_state"], "open", "{metrics}");
    assert_eq!(metrics["summary"]["open_circuits"], 1, "{metrics}");
    let asked = upstream.requests_of("tools/call").len();

    // It is left alone: by the proxy, whose only choice it is, and by a call that names it.
    let answer = proxied(&world.stranger, "tools/call", tool("moody")).await.expect(503);
    let seconds: u64 = answer.header("retry-after").parse().expect("Retry-After in seconds");
    assert!((1..=5).contains(&seconds), "{seconds}");
    assert_eq!(answer.json()["code"], "SERVER_UNAVAILABLE");
    let error = simple(&world.stranger, "tools/call", tool("moody")).await.expect(200).rpc();
    assert_eq!(error["error"]["data"]["reason"], "SERVER_UNAVAILABLE", "{error}");
    let gateway = world.gateway().await;
    let answer = gateway.call_tool("/servers/moody/mcp", "moody", json!({})).await.expect(503);
    assert_eq!(answer.rpc()["error"]["code"], -32603);
    assert_eq!(answer.rpc()["error"]["data"]["error"], "CIRCUIT_BREAKER_OPEN");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(upstream.requests_of("tools/call").len(), asked, "nothing was sent to it");

    unwell.store(false, Ordering::SeqCst);
    eventually("its time is over", async || {
        let metrics = world.metrics_of(&server).await;
        (metrics["circuit_breaker_state"] == "half_open").then_some(())
    })
    .await;
    for state in ["half_open", "closed"] {
        let answer = proxied(&world.stranger, "tools/call", tool("moody")).await.expect(200);
        assert_eq!(said(&answer), "well");
        assert_eq!(world.metrics_of(&server).await["circuit_breaker_state"], state);
    }
}

#[tokio::test]
async fn a_trial_that_fails_opens_it_again() {
    let unwell = Arc::new(AtomicBool::new(true));
    let upstream = moody(&unwell);
    let world = World::with(QUICK).await;
    let server = world.list("moody", &upstream.url()).await;
    for _ in 0..2 {
        proxied(&world.stranger, "tools/call", tool("moody")).await.expect(502);
    }
    let asked = upstream.requests_of("tools/call").len();
    eventually("a trial is made, and fails", async || {
        let answer = proxied(&world.stranger, "tools/call", tool("moody")).await;
        (answer.status == 502).then_some(())
    })
    .await;
    assert_eq!(upstream.requests_of("tools/call").len(), asked + 1);
    assert_eq!(world.metrics_of(&server).await["failure_count"], 3);
}

#[tokio::test]
async fn timeouts_count_and_errors_that_a_server_answers_do_not() {
    let upstream =
        offering(&["late", "odd"], |request| match request.json()["params"]["name"].as_str() {
            Some("late") => Reply::bytes().hang(),
            _ => Reply::error(request, 200, -32000, "no"),
        });
    let settings: Vec<_> = QUICK.iter().copied().chain([("MREG_REQUEST_TIMEOUT", "1")]).collect();
    let world = World::with(&settings).await;
    let server = world.list("late", &upstream.url()).await;
    for _ in 0..4 {
        proxied(&world.stranger, "tools/call", tool("odd")).await.expect(200);
    }
    // A client that waits for less than the operator would proves nothing against a server: nobody
    // takes it from the others that way.
    for _ in 0..4 {
        let wish = json!({ "timeout": 0.05 });
        crate::support::wished(&world.stranger, "tools/call", tool("late"), wish).await.expect(504);
    }
    assert_eq!(world.metrics_of(&server).await["failure_count"], 0);
    for _ in 0..2 {
        proxied(&world.stranger, "tools/call", tool("late")).await.expect(504);
    }
    assert_eq!(world.metrics_of(&server).await["failure_count"], 2);
    proxied(&world.stranger, "tools/call", tool("odd")).await.expect(503);
}

#[tokio::test]
async fn without_breakers_a_failing_server_is_asked_on() {
    let unwell = Arc::new(AtomicBool::new(true));
    let upstream = moody(&unwell);
    let world = World::with(&[("MREG_CIRCUIT_BREAKER_ENABLED", "false")]).await;
    world.list("moody", &upstream.url()).await;
    for _ in 0..8 {
        proxied(&world.stranger, "tools/call", tool("moody")).await.expect(502);
    }
}

#[tokio::test]
async fn what_is_safe_is_asked_of_another_server_and_a_tool_call_never() {
    let dying = || {
        offering(&["same"], |request| match request.rpc_method().as_str() {
            "tools/call" | "completion/complete" => Reply::bytes().close(),
            _ => says(request, "x"),
        })
    };
    let (bad, good) = (dying(), saying(&["same"], "good"));
    let world = World::with(&[("MREG_CIRCUIT_BREAKER_FAILURE_THRESHOLD", "100")]).await;
    let bad_id = world.list("bad", &bad.url()).await;
    let good_id = world.list("good", &good.url()).await;
    // The preferred server fails each time; a safe call is answered by the other all the same.
    let wish = json!({ "preferred_servers": [bad_id] });
    for _ in 0..5 {
        let answer = crate::support::wished(
            &world.stranger,
            "completion/complete",
            json!({ "ref": { "type": "ref/prompt", "name": "x" }, "argument": { "name": "a", "value": "" } }),
            wish.clone(),
        )
        .await
        .expect(200);
        assert_eq!(server_of(&answer), good_id);
    }
    assert_eq!(bad.requests_of("completion/complete").len(), 5);
    let before = good.requests_of("tools/call").len();
    crate::support::wished(&world.stranger, "tools/call", tool("same"), wish).await.expect(502);
    assert_eq!(good.requests_of("tools/call").len(), before);
    assert_eq!(bad.requests_of("tools/call").len(), 1);
}

#[tokio::test]
async fn an_outlier_among_several_is_left_out() {
    let often = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = often.clone();
    // Every second call fails: never several in a row, so its breaker stays closed.
    let flaky = offering(&["same"], move |request| {
        if count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            Reply::json(500, &json!({}))
        } else {
            says(request, "flaky")
        }
    });
    let (one, two) = (saying(&["same"], "one"), saying(&["same"], "two"));
    let world = World::start().await;
    let flaky_id = world.list("flaky", &flaky.url()).await;
    world.list("one", &one.url()).await;
    world.list("two", &two.url()).await;
    eventually("the flaky server is left out", async || {
        proxied(&world.stranger, "tools/call", tool("same")).await;
        let metrics = world.metrics_of(&flaky_id).await;
        assert_eq!(metrics["circuit_breaker_state"], "closed", "{metrics}");
        (metrics["ejected"] == true).then_some(())
    })
    .await;
    for _ in 0..10 {
        let answer = proxied(&world.stranger, "tools/call", tool("same")).await.expect(200);
        assert_ne!(server_of(&answer), flaky_id);
    }
}
