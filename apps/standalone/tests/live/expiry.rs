//! A token ends while its holder listens: nothing more is told, and why is said.

use registry_testkit::eventually;
use serde_json::json;

use crate::support::{Registry, Socket, Sse, frame, refused, ticket};

/// Long enough to connect twice; the tests wait for the end, not for the time.
const SECONDS: u64 = 4;

#[tokio::test]
async fn a_socket_and_a_stream_end_with_their_token() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let token = registry.token(json!({"subject": "eve", "expires_in": SECONDS})).await;
        let mut socket = Socket::of(&base, "/ws/registrations", &token).await;
        let mut feed = Sse::of(&base, "/api/v1/events/registrations", &token).await;
        assert_eq!(socket.end().await.0, 4408);
        let words = feed.until_status("disconnected").await;
        assert_eq!(words["payload"]["code"], 4408, "{words}");
        assert!(feed.stream.next().await.is_none(), "the stream is over");
    }
}

#[tokio::test]
async fn a_tickets_holder_is_let_go_when_the_token_ends_that_it_was_made_for() {
    let registry = Registry::start().await;
    let base = registry.program.gateway_url();
    let token = registry.token(json!({"subject": "eve", "expires_in": SECONDS})).await;
    let path = format!("/ws/servers?ticket={}", ticket(&base, &token).await);
    let mut socket = Socket::open(&base, &path, &[]).await.unwrap();
    assert_eq!(socket.end().await.0, 4408);
}

#[tokio::test]
async fn a_token_that_has_ended_opens_nothing() {
    let registry = Registry::start().await;
    let token = registry.token(json!({"subject": "eve", "expires_in": 1})).await;
    for base in registry.ports() {
        eventually("the token has ended", async || {
            let seen = Socket::open(&base, &format!("/ws/servers?token={token}"), &[]).await.err();
            (seen == Some((401, "TOKEN_EXPIRED".to_owned()))).then_some(())
        })
        .await;
        let seen = refused(&base, "/api/v1/events/servers", &token).await;
        assert_eq!(seen, (401, "TOKEN_EXPIRED".to_owned()));
    }
}

impl Sse {
    /// The next `connection_status` with this status.
    async fn until_status(&mut self, status: &str) -> serde_json::Value {
        loop {
            let frame = frame(&self.next().await);
            if frame["type"] == "connection_status" && frame["payload"]["status"] == status {
                return frame;
            }
        }
    }
}
