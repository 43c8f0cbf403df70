//! What probes find stands in Redis, in the form that others read.

use deadpool_redis::redis::{Client, cmd};
use jiff::Timestamp;
use registry_testkit::{
    eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::Value;

use crate::support::{Replica, Stores};

#[tokio::test]
async fn what_a_probe_finds_stands_in_redis_until_its_time_is_over() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[("MREG_HEALTH_CHECK_INTERVAL", "1")]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    let server: String = stores.rows("SELECT id::text FROM servers").await[0].get(0);
    let key = format!("{}health:{server}", stores.redis.prefix());

    let first = eventually("a probe's finding is kept", async || kept(&stores, &key).await).await;

    let (health, ttl) = first;
    assert_eq!(health["status"], "healthy", "{health}");
    let at = |health: &Value| -> Timestamp {
        health["last_check"].as_str().expect("a time").parse().expect("an RFC 3339 time")
    };
    assert!(health["details"]["response_time_ms"].is_u64(), "{health}");
    assert_eq!(health.as_object().unwrap().len(), 3, "{health}");
    assert!(ttl > 0, "{ttl}");
    let began = at(&health);
    eventually("the server is probed again", async || {
        kept(&stores, &key).await.filter(|(health, _)| at(health) > began)
    })
    .await;
    drop(upstream);
    eventually("a server that is gone is found unhealthy", async || {
        kept(&stores, &key).await.filter(|(health, _)| health["status"] == "unhealthy")
    })
    .await;
}

/// A key's document, and how many seconds it has.
async fn kept(stores: &Stores, key: &str) -> Option<(Value, i64)> {
    let client = Client::open(stores.redis.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let text: Option<String> = cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
    let ttl: i64 = cmd("TTL").arg(key).query_async(&mut redis).await.unwrap();
    Some((serde_json::from_str(&text?).unwrap(), ttl))
}
