//! A tenant's events are for the tenant, and for administrators.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, Socket, Sse, submit, text};

#[tokio::test]
async fn another_tenants_events_are_not_told() {
    let registry = Registry::start().await;
    let theirs = registry.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    for base in registry.ports() {
        let port = base.rsplit(':').next().unwrap().to_owned();
        let mut feed = Sse::of(&base, "/api/v1/events/registrations", &theirs).await;
        let mut socket = Socket::of(&base, "/ws/registrations", &theirs).await;
        let mut admins =
            Sse::of(&base, "/api/v1/events/registrations", &registry.admin_token).await;
        feed.first().await;
        socket.next().await.unwrap();
        registry.submit(&format!("Ours {port}")).await;
        let eve = Api::service(&registry.program).with_token(&theirs);
        submit(&eve, &format!("Theirs {port}")).await;

        let told = feed.until("registration_created").await;
        assert_eq!(told["payload"]["endpoint_name"], format!("Theirs {port}"));
        let told = socket.until("registration_created").await;
        assert_eq!(told["payload"]["endpoint_name"], format!("Theirs {port}"));
        let all = admins.take("registration_created", 2).await;
        assert_eq!(all[0]["payload"]["endpoint_name"], format!("Ours {port}"));
    }
}

#[tokio::test]
async fn what_was_missed_is_told_by_the_same_rule() {
    let registry = Registry::start().await;
    let theirs = registry.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    registry.submit("Ours").await;
    let eve = Api::service(&registry.program).with_token(&theirs);
    submit(&eve, "Theirs").await;
    let base = registry.program.gateway_url();
    let path = "/api/v1/events/registrations?last_event_id=0";
    let told = Sse::of(&base, path, &theirs).await.until("registration_created").await;
    assert_eq!(told["payload"]["endpoint_name"], "Theirs");
}

#[tokio::test]
async fn another_tenants_server_is_neither_shown_nor_watched() {
    let registry = Registry::start().await;
    let id = registry.server("Files").await;
    let theirs = registry.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    for base in registry.ports() {
        let bearer = format!("Bearer {theirs}");
        let path = format!("/ws/health/{id}");
        let seen = Socket::open(&base, &path, &[("authorization", &bearer)]).await.err();
        assert_eq!(seen, Some((404, "SERVER_NOT_FOUND".to_owned())));
        let mut feed = Sse::of(&base, "/api/v1/events/health", &theirs).await;
        feed.first().await;
        // What comes next is how the product is: of servers there is nothing to be told.
        assert_eq!(feed.next().await.name.as_deref(), Some("system_health"));
        let mut ours = Sse::of(&base, "/api/v1/events/health", &registry.user_token).await;
        let shown = ours.until("health_update").await;
        assert_eq!(text(&shown["payload"], "server_id"), id);
    }
}
