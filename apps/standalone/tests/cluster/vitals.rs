//! How a server is doing: what the calls on one replica find, all of them know.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use registry_testkit::{
    Api, Kind, Program, eventually,
    upstreams::{Reply, Scripted, answer_handshake},
};
use serde_json::{Value, json};

use crate::support::{World, call, path};

const METRICS: &str = "/api/v1/router/metrics";

/// More failures than a replica sees by itself while it has not heard of the others'.
const THRESHOLD: usize = 40;

/// An API that is asked by itself.
fn alone(replica: &Program) -> Api {
    Api::new(replica.service_url())
}

/// What is known of a server.
async fn known(api: &Api, server: &str) -> Value {
    api.get(METRICS).await.expect(200).json()["metrics"][server].clone()
}

/// A server whose tool answers 500 while it is unwell.
fn moody(unwell: &Arc<AtomicBool>) -> Scripted {
    let unwell = Arc::clone(unwell);
    let list = json!({
        "tools": [{ "name": "moody", "inputSchema": { "type": "object" } }],
        "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
    });
    Scripted::start(move |request| {
        if request.rpc_method() == "tools/list" {
            return Reply::result(request, &list);
        }
        if request.rpc_method() == "tools/call" && unwell.load(Ordering::SeqCst) {
            return Reply::json(
                500,
                &json!({ "jsonrpc": "2.0", "id": request.id(), "result": {} }),
            );
        }
        let well =
            json!({ "content": [{ "type": "text", "text": "well" }], "resultType": "complete" });
        answer_handshake(request).unwrap_or_else(|| Reply::result(request, &well))
    })
}

#[tokio::test]
async fn calls_are_added_up_over_all_replicas() {
    let world = World::start(&[]).await;
    let apis: Vec<Api> = world.cluster.replicas(Kind::Api).iter().map(alone).collect();
    let shown = apis[0].get(METRICS).await.expect(200).json();
    let server = shown["metrics"].as_object().unwrap().keys().next().unwrap().clone();
    let total = async |api: &Api| known(api, &server).await["total_requests"].as_u64();
    // What it took to start is counted too.
    let before = eventually("both say the same", async || {
        let (one, two) = (total(&apis[0]).await?, total(&apis[1]).await?);
        (one == two).then_some(one)
    })
    .await;
    for api in &apis {
        for _ in 0..3 {
            api.post("/mcp/proxy", &call("echo", &json!({ "text": "x" }))).await.expect(200);
        }
    }
    let gateway = world.cluster.replicas(Kind::Gateway)[0].gateway_url();
    let token = world.cluster.entra.access_token("Ada");
    let params = json!({ "text": "x" });
    Api::new(&gateway).with_token(&token).call_tool(&path(), "echo", params).await.expect(200);
    for api in &apis {
        eventually("all calls are counted once, wherever they went", async || {
            (total(api).await? == before + 7).then_some(())
        })
        .await;
        assert_eq!(known(api, &server).await["circuit_breaker_state"], "closed");
    }
}

#[tokio::test]
async fn a_breaker_that_opens_on_one_opens_on_all_and_closes_on_all() {
    let threshold = THRESHOLD.to_string();
    let world = World::start(&[
        ("MREG_CIRCUIT_BREAKER_FAILURE_THRESHOLD", &threshold),
        ("MREG_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "5"),
        ("MREG_CIRCUIT_BREAKER_SUCCESS_THRESHOLD", "1"),
    ])
    .await;
    let unwell = Arc::new(AtomicBool::new(false));
    let upstream = moody(&unwell);
    let server = world.list("moody", &upstream.url()).await;
    let apis: Vec<Api> = world.cluster.replicas(Kind::Api).iter().map(alone).collect();
    let gateways = world.cluster.replicas(Kind::Gateway).iter();
    let token = world.cluster.entra.access_token("Ada");
    let gateways: Vec<Api> =
        gateways.map(|gateway| Api::new(gateway.gateway_url()).with_token(&token)).collect();
    for api in &apis {
        eventually("the API knows the server", async || {
            (api.post("/mcp/proxy", &call("moody", &json!({}))).await.status == 200).then_some(())
        })
        .await;
    }
    for gateway in &gateways {
        eventually("the gateway knows the server", async || {
            let answer = gateway.call_tool("/servers/moody/mcp", "moody", json!({})).await;
            (answer.status == 200).then_some(())
        })
        .await;
    }

    unwell.store(true, Ordering::SeqCst);
    for _ in 0..THRESHOLD {
        apis[0].post("/mcp/proxy", &call("moody", &json!({}))).await.expect(502);
    }
    let asked = upstream.requests_of("tools/call").len();
    eventually("the other API leaves the server alone", async || {
        (apis[1].post("/mcp/proxy", &call("moody", &json!({}))).await.status == 503).then_some(())
    })
    .await;
    for gateway in &gateways {
        eventually("the gateway leaves the server alone", async || {
            let answer = gateway.call_tool("/servers/moody/mcp", "moody", json!({})).await;
            let is_open = answer.rpc()["error"]["data"]["error"] == "CIRCUIT_BREAKER_OPEN";
            is_open.then_some(())
        })
        .await;
    }
    let more = upstream.requests_of("tools/call").len() - asked;
    assert!(more < THRESHOLD, "they found out by themselves: {more}");

    unwell.store(false, Ordering::SeqCst);
    eventually("a trial goes well", async || {
        (apis[0].post("/mcp/proxy", &call("moody", &json!({}))).await.status == 200).then_some(())
    })
    .await;
    for api in &apis {
        eventually("it is closed on every replica", async || {
            (known(api, &server).await["circuit_breaker_state"] == "closed").then_some(())
        })
        .await;
    }
}
