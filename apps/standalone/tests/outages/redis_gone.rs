//! Without Redis each process goes on by itself: degraded, and nothing else.

use registry_testkit::{
    Api, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Outage, Replica, Stores, path};

/// What a user may do in a minute.
const LIMIT: &str = "12";

#[tokio::test]
async fn a_redis_that_is_cut_off_leaves_everything_working() {
    goes_away_and_comes_back(Outage::Cut).await;
}

#[tokio::test]
async fn a_redis_that_falls_silent_leaves_everything_working() {
    goes_away_and_comes_back(Outage::Stall).await;
}

async fn goes_away_and_comes_back(outage: Outage) {
    let stores = Stores::new().await;
    let limited = [("MREG_FASTMCP_RATE_LIMIT_USER_RPM", LIMIT)];
    let replica = Replica::start(&stores, &limited).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    replica.turns("healthy", 200).await;

    outage.begin(&stores.to_redis);

    replica.turns("degraded", 200).await;
    replica.gateway_turns("degraded").await;
    let health = replica.health().await.expect(200).json();
    assert_eq!(health["components"]["redis"]["status"], "unhealthy", "{health}");
    assert_eq!(health["components"]["database"]["status"], "healthy", "{health}");
    Api::service(&replica.program).get("/ready").await.expect(200);
    let other = RmcpServer::start(RmcpOptions::default());
    replica.list("other", &other.url()).await;
    replica.echo("files", "one").await;
    replica.echo("other", "two").await;
    is_limited(&replica, "eve").await;

    stores.to_redis.restore();

    replica.turns("healthy", 200).await;
    replica.gateway_turns("healthy").await;
    is_limited(&replica, "mallory").await;
    let third = RmcpServer::start(RmcpOptions::default());
    replica.list("third", &third.url()).await;
    replica.echo("third", "three").await;
}

/// A user who calls on and on is told to wait, in both servers.
async fn is_limited(replica: &Replica, subject: &str) {
    let user = token(&replica.program, json!({ "subject": subject })).await;
    let (service, gateway) = (Api::service(&replica.program), Api::gateway(&replica.program));
    let (service, gateway) = (service.with_token(&user), gateway.with_token(&user));
    let call = async || gateway.call_tool(&path("files"), "echo", json!({ "text": "x" })).await;
    call().await.expect(200);
    let refused = eventually("a call is refused", async || {
        let answer = call().await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    eventually("a request is refused", async || {
        (service.get("/users/me").await.status == 429).then_some(())
    })
    .await;
}
