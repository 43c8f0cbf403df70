//! The key `metrics:system`: what dashboards read that know no Prometheus.

use deadpool_redis::redis;
use registry_testkit::{Launch, eventually, test_redis};
use serde_json::Value;

use crate::support::Registry;

#[tokio::test]
async fn the_key_tells_how_many_how_fast_and_how_well() {
    let redis = test_redis();
    let launch = Launch::program("mcp-registry").envs(&[
        ("MREG_REDIS_URL", redis.url()),
        ("MREG_REDIS_KEY_PREFIX", redis.prefix()),
        ("MREG_FASTMCP_METRICS_EXPORT_INTERVAL", "1"),
    ]);
    let registry = Registry::of(launch.start().await).await;
    for _ in 0..10 {
        registry.user.get("/users/me").await.expect(200);
    }
    let mut connection =
        redis::Client::open(redis.url()).unwrap().get_connection().expect("a connection");
    let key = format!("{}metrics:system", redis.prefix());
    let found = eventually("the key is there", async || {
        let text: Option<String> =
            redis::cmd("GET").arg(&key).query(&mut connection).expect("an answer");
        let value: Value = serde_json::from_str(&text?).expect("JSON");
        (value["request_counts"]["total"].as_u64()? >= 10).then_some(value)
    })
    .await;
    let counts = &found["request_counts"];
    let count = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(count("total"), count("success") + count("error"), "{found}");
    for name in ["avg_ms", "p50_ms", "p95_ms", "p99_ms"] {
        assert!(found["response_times"][name].as_f64().unwrap() >= 0.0, "{found}");
    }
    for name in ["total", "last_minute"] {
        let rate = found["error_rates"][name].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&rate), "{found}");
    }
    assert_eq!(found.as_object().unwrap().len(), 3);
}
