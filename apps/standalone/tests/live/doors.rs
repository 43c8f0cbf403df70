//! Who may listen: what is open on port 8000, that port 8001 is not, and every way to show a token.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, Socket, Sse, refused, ticket};

const NO_TOKEN: &str = "AUTHENTICATION_REQUIRED";

#[tokio::test]
async fn open_topics_are_told_to_everybody_on_port_8000_and_registrations_are_not() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    for topic in ["health", "metrics", "servers", "requests"] {
        Sse::of(&base, &format!("/api/v1/events/{topic}"), "").await.first().await;
        let mut socket = Socket::of(&base, &format!("/ws/{topic}"), "").await;
        assert_eq!(socket.next().await.unwrap()["payload"]["user"], json!(null), "{topic}");
    }
    let all = Sse::of(&base, "/api/v1/events", "").await.first().await;
    assert_eq!(all["payload"]["topics"], json!(["health", "metrics", "servers", "requests"]));
    for path in ["/api/v1/events/registrations", "/api/v1/events?topics=health,registrations"] {
        assert_eq!(refused(&base, path, "").await, (401, NO_TOKEN.to_owned()), "{path}");
    }
    let seen = Socket::open(&base, "/ws/registrations", &[]).await.err();
    assert_eq!(seen, Some((401, NO_TOKEN.to_owned())));
}

#[tokio::test]
async fn everything_needs_a_token_on_port_8001() {
    let registry = Registry::start().await;
    let base = registry.program.gateway_url();
    for topic in ["health", "metrics", "servers", "requests", "registrations", "weather"] {
        let path = format!("/api/v1/events/{topic}");
        assert_eq!(refused(&base, &path, "").await, (401, NO_TOKEN.to_owned()), "{path}");
        let seen = Socket::open(&base, &format!("/ws/{topic}"), &[]).await.err();
        assert_eq!(seen, Some((401, NO_TOKEN.to_owned())), "{topic}");
    }
    let watch = "/ws/health/00000000-0000-4000-8000-000000000000";
    assert_eq!(Socket::open(&base, watch, &[]).await.err(), Some((401, NO_TOKEN.to_owned())));
    assert_eq!(refused(&base, "/api/v1/events", "").await.0, 401);
    let answer = Api::new(&base).post("/ws/ticket", &json!({})).await.expect(401);
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "a challenge");
}

#[tokio::test]
async fn a_token_is_shown_by_header_subprotocol_query_or_ticket() {
    let registry = Registry::start().await;
    let token = &registry.user_token;
    for base in registry.ports() {
        let bearer = format!("Bearer {token}");
        let protocols = format!("bearer, {token}");
        let by_query = format!("/ws/registrations?token={token}");
        let by_other_query = format!("/ws/registrations?access_token={token}");
        let by_ticket = format!("/ws/registrations?ticket={}", ticket(&base, token).await);
        for (path, header, protocol) in [
            ("/ws/registrations", Some(("authorization", bearer.as_str())), None),
            ("/ws/registrations", Some(("sec-websocket-protocol", &*protocols)), Some("bearer")),
            (&by_query, None, None),
            (&by_other_query, None, None),
            (&by_ticket, None, None),
        ] {
            let headers: Vec<(&str, &str)> = header.into_iter().collect();
            let mut socket = Socket::open(&base, path, &headers).await.unwrap();
            assert_eq!(socket.protocol.as_deref(), protocol);
            let first = socket.next().await.unwrap();
            assert_eq!(first["payload"]["user"]["id"], "ada", "{header:?}");
        }
        let path = format!("/api/v1/events/registrations?access_token={token}");
        assert_eq!(Sse::of(&base, &path, "").await.first().await["payload"]["user"]["id"], "ada");
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_before_the_handshake_wherever_it_stands() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        for (path, headers) in [
            ("/ws/health", vec![("authorization", "Bearer nonsense")]),
            ("/ws/health", vec![("sec-websocket-protocol", "bearer, nonsense")]),
            ("/ws/health?token=nonsense", vec![]),
            ("/ws/health?ticket=nonsense", vec![]),
        ] {
            let seen = Socket::open(&base, path, &headers).await.err();
            assert_eq!(seen, Some((401, "INVALID_TOKEN".to_owned())), "{path} {headers:?}");
        }
        let seen = refused(&base, "/api/v1/events/health?token=nonsense", "").await;
        assert_eq!(seen, (401, "INVALID_TOKEN".to_owned()));
    }
}

#[tokio::test]
async fn a_token_in_a_query_counts_on_live_addresses_only() {
    let registry = Registry::start().await;
    let token = &registry.user_token;
    let base = registry.program.service_url();
    for path in ["/registrations", "/users/me"] {
        let seen = refused(&base, &format!("{path}?token={token}&access_token={token}"), "").await;
        assert_eq!(seen, (401, NO_TOKEN.to_owned()), "{path}");
    }
    let path = format!("/ws/ticket?token={token}");
    Api::new(&base).post(&path, &json!({})).await.expect(401);
}

#[tokio::test]
async fn no_token_and_no_ticket_is_ever_logged() {
    let registry = Registry::with(&[("LOG_LEVEL", "DEBUG")]).await;
    let token = &registry.user_token;
    let mut shown = Vec::new();
    for base in registry.ports() {
        let ticket = ticket(&base, token).await;
        for query in [format!("token={token}"), format!("ticket={ticket}")] {
            Socket::of(&base, &format!("/ws/servers?{query}"), "").await.next().await.unwrap();
            Socket::open(&base, &format!("/ws/weather?{query}"), &[]).await.unwrap_err();
        }
        refused(&base, &format!("/api/v1/events/weather?access_token={token}"), "").await;
        shown.push(ticket);
    }
    registry_testkit::eventually("the requests are logged", async || {
        let logs = registry.program.logs();
        let asked = |line: &&serde_json::Value| line.to_string().contains("/ws/weather");
        (logs.iter().filter(asked).count() >= 4).then_some(())
    })
    .await;
    let logs: String = registry.program.logs().iter().map(ToString::to_string).collect();
    // The signature alone would do as a token's secret part.
    shown.push(token.rsplit('.').next().unwrap().to_owned());
    for secret in shown {
        assert!(!logs.contains(&secret), "a secret is in the log");
    }
}
