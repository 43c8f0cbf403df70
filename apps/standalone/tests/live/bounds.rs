//! So many clients and no more, all together and for each one.

use registry_testkit::{Api, eventually};
use serde_json::json;

use crate::support::{Registry, Socket, Sse, refused};

#[tokio::test]
async fn no_more_clients_than_may_be_and_a_place_that_is_free_is_given_again() {
    let registry = Registry::with(&[("MREG_EVENTS_MAX_SUBSCRIBERS", "20")]).await;
    let base = registry.program.service_url();
    let mut inside = Vec::new();
    // A tenth of the places is for one person.
    for number in 0..10 {
        let token = registry.token(json!({"subject": format!("s{number}")})).await;
        for _ in 0..2 {
            inside.push(Socket::of(&base, "/ws/servers", &token).await);
        }
        let third = refused(&base, "/api/v1/events/servers", &token).await;
        let full =
            if number == 9 { (503, "SERVER_UNAVAILABLE") } else { (429, "RATE_LIMIT_EXCEEDED") };
        assert_eq!((third.0, third.1.as_str()), full, "{number}");
    }
    let answer = Api::gateway(&registry.program).with_token(&registry.user_token);
    let answer = answer.get("/api/v1/events/servers").await.expect(503);
    assert!(!answer.header("retry-after").is_empty(), "both ports share the places");

    let mut left = inside.pop().unwrap();
    left.stream.close(None).await.unwrap();
    eventually("the place is free", async || {
        let bearer = format!("Bearer {}", registry.user_token);
        Socket::open(&base, "/ws/servers", &[("authorization", &bearer)]).await.ok()
    })
    .await;
}

#[tokio::test]
async fn an_event_stream_that_its_client_left_makes_its_place_free() {
    let settings = [("MREG_EVENTS_MAX_SUBSCRIBERS", "1"), ("MREG_EVENTS_HEARTBEAT_SECONDS", "1")];
    let registry = Registry::with(&settings).await;
    for base in registry.ports() {
        let path = "/api/v1/events/servers";
        let mut feed = eventually("the place is free", async || {
            let api = Api::new(&base).with_token(&registry.user_token);
            let stream = api.open(path, http::Request::new(bytes::Bytes::new())).await;
            (stream.status == 200).then_some(Sse { stream })
        })
        .await;
        feed.first().await;
        assert_eq!(refused(&base, path, &registry.user_token).await.0, 503);
    }
}
