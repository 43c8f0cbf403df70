//! A WebSocket says what an event stream says, and hears which topics its client wants.

use serde_json::json;

use crate::support::{Registry, Socket, text};

#[tokio::test]
async fn a_socket_is_told_what_happens_on_both_ports() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let mut socket = Socket::of(&base, "/ws/registrations", &registry.user_token).await;
        let first = socket.next().await.unwrap();
        assert_eq!(first["type"], "connection_status");
        assert_eq!(first["payload"]["topics"], json!(["registrations"]));
        let name = format!("Files {}", base.rsplit(':').next().unwrap());
        let id = registry.submit(&name).await;
        let created = socket.until("registration_created").await;
        assert_eq!(text(&created["payload"], "registration_id"), id);
        assert!(created["seq"].is_i64(), "{created}");
    }
}

#[tokio::test]
async fn topics_are_added_and_taken_away_by_message() {
    let registry = Registry::start().await;
    let base = registry.program.gateway_url();
    let mut socket = Socket::of(&base, "/ws/metrics", &registry.user_token).await;
    socket.until("connection_status").await;

    socket.say(json!({"subscribe": ["registrations"]}).to_string()).await;
    let told = socket.until("connection_status").await;
    assert_eq!(told["payload"]["status"], "subscribed");
    assert_eq!(told["payload"]["topics"], json!(["metrics", "registrations"]));
    registry.submit("One").await;
    socket.until("registration_created").await;

    socket
        .say(json!({"unsubscribe": ["registrations"], "subscribe": ["servers"]}).to_string())
        .await;
    let told = socket.until("connection_status").await;
    assert_eq!(told["payload"]["topics"], json!(["metrics", "servers"]));
    registry.approve(&registry.submit("Two").await).await;
    let next = socket.next().await.unwrap();
    assert_eq!(next["type"], "server_registered", "{next}");
}

#[tokio::test]
async fn a_socket_that_is_told_nothing_else_is_told_that_we_are_here() {
    let registry = Registry::with(&[("MREG_EVENTS_HEARTBEAT_SECONDS", "1")]).await;
    let mut socket = Socket::of(&registry.program.service_url(), "/ws/servers", "").await;
    let first = socket.until("connection_status").await;
    for _ in 0..2 {
        let beat = socket.until("heartbeat").await;
        assert_eq!(beat["payload"]["last_event_id"], first["seq"], "{beat}");
    }
}

#[tokio::test]
async fn what_is_no_wish_ends_the_socket_with_a_code_that_says_why() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let too_long = format!("{{\"subscribe\": [\"{}\"]}}", "x".repeat(5000));
    for (message, code) in [
        ("hello".to_owned(), 1008),
        (json!({"publish": ["health"]}).to_string(), 1008),
        (json!({"subscribe": ["weather"]}).to_string(), 1008),
        (too_long, 1009),
        (json!({"subscribe": ["registrations"]}).to_string(), 4401),
    ] {
        let mut socket = Socket::of(&base, "/ws/servers", "").await;
        socket.say(message.clone()).await;
        let (seen, why) = socket.end().await;
        assert_eq!(seen, code, "{message:.40}: {why}");
        assert!(!why.is_empty(), "{code}");
    }
    let mut socket = Socket::of(&base, "/ws/servers", "").await;
    socket.say(vec![1_u8, 2, 3]).await;
    assert_eq!(socket.end().await.0, 1008, "messages are text");
}

#[tokio::test]
async fn who_says_too_much_is_told_so_and_hurts_nobody_else() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let mut quiet = Socket::of(&base, "/ws/servers", "").await;
    let mut loud = Socket::of(&base, "/ws/servers", "").await;
    for _ in 0..40 {
        loud.say(json!({"subscribe": ["servers"]}).to_string()).await;
    }
    assert_eq!(loud.end().await.0, 4429);
    registry.approve(&registry.submit("Files").await).await;
    quiet.until("server_registered").await;
}

#[tokio::test]
async fn a_client_that_says_goodbye_gets_one_back() {
    let registry = Registry::start().await;
    let mut socket = Socket::of(&registry.program.service_url(), "/ws/servers", "").await;
    socket.until("connection_status").await;
    socket.stream.close(None).await.unwrap();
    assert!(matches!(socket.end().await.0, 1000 | 1005));
}

#[tokio::test]
async fn an_address_that_is_a_socket_says_so_to_those_who_want_none() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let seen = crate::support::refused(&base, "/ws/health", "").await;
    assert_eq!(seen, (400, "BAD_REQUEST".to_owned()));
    let unknown = Socket::open(&base, "/ws/weather", &[]).await.err();
    assert_eq!(unknown, Some((404, "NOT_FOUND".to_owned())));
}
