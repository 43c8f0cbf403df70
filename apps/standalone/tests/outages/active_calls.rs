//! A call that runs on one program is seen and cancelled from another one.

use registry_testkit::{
    Api, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{Replica, Stores};

const ACTIVE: &str = "/api/v1/proxy/active-requests";

fn slow() -> Value {
    let params = json!({ "name": "slow", "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": "mine", "method": "tools/call", "params": params })
}

#[tokio::test]
async fn a_call_that_runs_on_one_is_listed_and_cancelled_by_the_other() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(Replica::start(&stores, &[]), Replica::start(&stores, &[]));
    let upstream = RmcpServer::start(RmcpOptions::default());
    one.list("slow", &upstream.url()).await;

    let caller = Api::service(&one.program);
    let waiting = tokio::spawn(async move { caller.post("/mcp/proxy", &slow()).await });
    let call = eventually("the other program lists the call", async || {
        let listed = two.registry().get(ACTIVE).await.expect(200).json();
        listed["requests"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!((&call["jsonrpc_id"], &call["tool_name"]), (&json!("mine"), &json!("slow")));
    let here = one.registry().get(ACTIVE).await.expect(200).json();
    assert_eq!(here["requests"][0]["instance"], call["instance"], "{here}");

    let path = format!("/api/v1/proxy/requests/{}", call["request_id"].as_str().unwrap());
    assert_eq!(two.registry().delete(&path).await.expect(200).json()["cancelled"], true);
    let answer = waiting.await.unwrap().expect(409);
    assert_eq!(answer.json()["error"]["code"], -32800);
    eventually("the server has stopped", async || {
        (upstream.workbench().slow_cancelled() == 1).then_some(())
    })
    .await;
    two.registry().delete(&path).await.expect(404);
}

#[tokio::test]
async fn without_redis_each_program_tells_of_its_own() {
    let stores = Stores::new().await;
    let one = Replica::start(&stores, &[]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    one.list("slow", &upstream.url()).await;
    let caller = Api::service(&one.program);
    let waiting = tokio::spawn(async move { caller.post("/mcp/proxy", &slow()).await });
    stores.to_redis.cut();
    one.turns("degraded", 200).await;
    let listed = eventually("the call is listed", async || {
        let listed = one.registry().get(ACTIVE).await.expect(200).json();
        listed["requests"].as_array().unwrap().first().cloned()
    })
    .await;
    let path = format!("/api/v1/proxy/requests/{}", listed["request_id"].as_str().unwrap());
    one.registry().delete(&path).await.expect(200);
    waiting.await.unwrap().expect(409);
}
