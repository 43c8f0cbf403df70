//! What probes and first-time visitors see, without a token.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, text};

#[tokio::test]
async fn probes_answer_without_a_token() {
    let registry = Registry::start().await;
    let stranger = registry.stranger();
    assert_eq!(stranger.get("/ready").await.expect(200).json(), json!({ "status": "ready" }));
    assert_eq!(stranger.get("/livez").await.expect(200).json(), json!({ "status": "alive" }));
    // A broken client's token does not restart a healthy process.
    for path in ["/ready", "/livez", "/health"] {
        stranger.clone().with_token("garbage").get(path).await.expect(200);
    }
}

#[tokio::test]
async fn health_names_every_part() {
    let registry = Registry::start().await;
    let answer = registry.stranger().get("/health").await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut health = answer.json();
    assert!(text(&health, "timestamp").ends_with('Z'));
    assert!(health["components"]["database"]["latency_ms"].as_f64().unwrap() >= 0.0);
    let pool = health["components"]["database"]["pool"].clone();
    for member in ["size", "max", "available", "waiting"] {
        assert!(pool[member].is_u64(), "{member} in {pool}");
    }
    let redis = health["components"].as_object_mut().unwrap().remove("redis");
    let shares = registry.program.data_dir().database_url().is_some();
    assert_eq!(redis.map(|redis| redis["status"].clone()), shares.then(|| json!("healthy")));
    health["timestamp"] = json!("now");
    health["components"]["database"] = json!("looked at above");
    assert_eq!(
        health,
        json!({
            "status": "healthy",
            "timestamp": "now",
            "version": env!("CARGO_PKG_VERSION"),
            "database": "connected",
            "components": {
                "database": "looked at above",
                "registry": { "status": "healthy" },
                "router": { "status": "healthy" },
            },
        })
    );
}

#[tokio::test]
async fn the_root_tells_where_to_go() {
    let registry = Registry::start().await;
    let root = registry.stranger().get("/").await.expect(200).json();
    assert_eq!(root["status"], "running");
    assert_eq!(root["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(root["environment"], "development");
    for (name, path) in root["endpoints"].as_object().unwrap() {
        let answer = registry.admin.get(path.as_str().unwrap()).await;
        assert_ne!(answer.status, 404, "{name} leads nowhere");
    }
}

#[tokio::test]
async fn answers_are_guarded_by_the_usual_headers() {
    let registry = Registry::start().await;
    for answer in [registry.stranger().get("/").await, registry.stranger().get("/users/me").await] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
}

#[tokio::test]
async fn the_gateway_has_probes_of_its_own() {
    let registry = Registry::start().await;
    let gateway = Api::gateway(&registry.program);
    gateway.get("/livez").await.expect(200);
    gateway.get("/health").await.expect(200);
}
