//! How servers and the product are: at once, and when it changes.

use registry_testkit::{
    eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Registry, Socket, Sse, text};

const PROBES: [(&str, &str); 1] = [("MREG_HEALTH_CHECK_INTERVAL", "1")];

#[tokio::test]
async fn who_comes_is_told_first_how_each_server_is() {
    let registry = Registry::with(&PROBES).await;
    let id = registry.server("Files").await;
    for base in registry.ports() {
        // Nobody answers at its address, so probes find it unhealthy.
        let frame = eventually("a probe was made", async || {
            let mut feed = Sse::of(&base, "/api/v1/events/health", &registry.admin_token).await;
            feed.first().await;
            let frame = feed.until("health_update").await;
            (frame["payload"]["status"] == "unhealthy").then_some(frame)
        })
        .await;
        let payload = &frame["payload"];
        assert_eq!(payload["server_id"], *id);
        assert_eq!(payload["serverId"], *id);
        assert_eq!(payload["name"], "Files");
        assert!(payload["response_time_ms"].is_number(), "{payload}");
        assert_eq!(payload["response_time_ms"], payload["responseTime"]);
        assert!(text(payload, "last_check").ends_with('Z'));
        assert!(payload["details"].is_object(), "{payload}");
    }
}

#[tokio::test]
async fn one_server_is_watched_by_its_id() {
    let registry = Registry::start().await;
    let id = registry.server("Files").await;
    for base in registry.ports() {
        let path = format!("/ws/health/{id}");
        let mut socket = Socket::of(&base, &path, &registry.user_token).await;
        assert_eq!(socket.next().await.unwrap()["payload"]["server_id"], *id);
        let frame = socket.until("health_update").await;
        let status = text(&frame["payload"], "status");
        assert_eq!(frame["status"], status, "{frame}");
        assert!(text(&frame, "timestamp").ends_with('Z'));
        let component = json!({"name": "Files", "healthy": status == "healthy", "status": status});
        assert_eq!(frame["components"], json!([component]), "{frame}");
        socket.say(json!({"subscribe": ["servers"]}).to_string()).await;
        assert_eq!(socket.end().await.0, 4403, "it is about one server");
    }
}

#[tokio::test]
async fn who_watches_a_server_is_told_of_its_end() {
    let registry = Registry::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let draft = json!({
        "endpoint_url": upstream.url(), "endpoint_name": "Files", "owner_contact": "Team Weather",
    });
    let created = registry.user.post("/registrations", &draft).await.expect(201).json();
    let registration = text(&created, "registration_id").to_owned();
    let mut feed = Sse::of(&registry.program.service_url(), "/api/v1/events/servers", "").await;
    feed.first().await;
    registry.approve(&registration).await;
    let listed = feed.until("server_registered").await;
    let id = text(&listed["payload"], "server_id");
    let base = registry.program.gateway_url();
    let mut socket = eventually("the server is known", async || {
        let bearer = format!("Bearer {}", registry.user_token);
        Socket::open(&base, &format!("/ws/health/{id}"), &[("authorization", &bearer)]).await.ok()
    })
    .await;
    socket.until("health_update").await;
    registry.admin.delete(&format!("/registrations/{registration}")).await.expect(204);
    let gone = socket.until("server_deleted").await;
    assert_eq!(gone["payload"]["server_id"], id);
    assert_eq!(socket.end().await.0, 1000);
}

#[tokio::test]
async fn a_server_that_nobody_has_cannot_be_watched() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let bearer = format!("Bearer {}", registry.user_token);
        let headers = [("authorization", bearer.as_str())];
        let unknown = "/ws/health/00000000-0000-4000-8000-000000000000";
        let seen = Socket::open(&base, unknown, &headers).await.err();
        assert_eq!(seen, Some((404, "SERVER_NOT_FOUND".to_owned())));
        let seen = Socket::open(&base, "/ws/health/files", &headers).await.err();
        assert_eq!(seen, Some((422, "VALIDATION_ERROR".to_owned())));
    }
}

#[tokio::test]
async fn how_the_product_is_is_told_to_who_listens() {
    let registry = Registry::start().await;
    let mut feed = Sse::of(&registry.program.service_url(), "/api/v1/events/health", "").await;
    let frame = feed.until("system_health").await;
    assert_eq!(frame["payload"]["status"], "healthy", "{frame}");
    assert_eq!(frame["payload"]["database"], "connected", "{frame}");
    // Who comes later is told at once.
    let mut later = Socket::of(&registry.program.service_url(), "/ws/health", "").await;
    later.until("connection_status").await;
    let first = later.next().await.unwrap();
    assert_eq!(first["type"], "system_health", "{first}");
}

#[tokio::test]
async fn how_the_router_is_is_told_at_once_and_again() {
    let registry = Registry::start().await;
    let files = registry.server("Files").await;
    let eve = registry.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    for base in registry.ports() {
        let mut feed = Sse::of(&base, "/api/v1/events/metrics", &registry.user_token).await;
        feed.first().await;
        let mut socket = Socket::of(&base, "/ws/metrics", &registry.user_token).await;
        for told in [
            feed.until("metrics_update").await,
            feed.until("metrics_update").await,
            socket.until("metrics_update").await,
        ] {
            let payload = &told["payload"];
            assert_eq!(payload["summary"]["total_servers"], 1, "{told}");
            assert!(payload["summary"]["snapshot_age_ms"].is_number(), "{told}");
            let server = &payload["metrics"][&files];
            assert_eq!(server["server_name"], "Files", "{told}");
            assert_eq!(server["circuit_breaker_state"], "closed", "{told}");
            assert_eq!(payload["load_balancing_algorithm"], "round_robin", "{told}");
            assert!(text(payload, "timestamp").ends_with('Z') && told["seq"].is_null(), "{told}");
        }
        // Another tenant's people are told of what they may see, at once and later.
        let mut theirs = Sse::of(&base, "/api/v1/events/metrics", &eve).await;
        for told in theirs.take("metrics_update", 2).await {
            assert_eq!(told["payload"]["summary"]["total_servers"], 0, "{told}");
            assert_eq!(told["payload"]["metrics"], json!({}), "{told}");
        }
    }
}

#[tokio::test]
async fn a_change_of_a_servers_health_is_told_on_both_ports_and_to_who_watches_it() {
    let registry = Registry::start().await;
    let id = registry.server("Files").await;
    let mut listeners = Vec::new();
    for base in registry.ports() {
        let mut feed = Sse::of(&base, "/api/v1/events/health", &registry.user_token).await;
        feed.first().await;
        let path = format!("/ws/health/{id}");
        let mut socket = Socket::of(&base, &path, &registry.user_token).await;
        socket.until("health_update").await;
        listeners.push((feed, socket));
    }
    let order = json!({"health_status": "maintenance"});
    registry.admin.patch(&format!("/api/v1/servers/{id}"), &order).await.expect(200);
    for (feed, socket) in &mut listeners {
        let told = loop {
            let told = feed.until("health_update").await;
            if told["seq"].is_i64() && told["payload"]["status"] == "maintenance" {
                break told;
            }
        };
        assert_eq!(told["payload"]["server_id"], *id, "{told}");
        assert_eq!(told["payload"]["name"], "Files", "{told}");
        assert!(told["payload"]["previous_status"].is_string(), "{told}");
        let watched = loop {
            let watched = socket.until("health_update").await;
            if watched["status"] == "maintenance" {
                break watched;
            }
        };
        assert_eq!(watched["components"][0]["healthy"], false, "{watched}");
    }
    // Who comes now is told how it is, whatever probes found before.
    let base = registry.program.gateway_url();
    let mut late = Socket::of(&base, &format!("/ws/health/{id}"), &registry.user_token).await;
    assert_eq!(late.until("health_update").await["status"], "maintenance");
}
