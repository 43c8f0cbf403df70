//! A page opens a WebSocket only from an origin on the list: browsers ask no CORS rules there.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, Socket};

const OURS: &str = "https://app.example.com";

#[tokio::test]
async fn a_foreign_page_opens_no_socket_even_with_a_good_token() {
    let registry = Registry::with(&[("MREG_SECURITY_CORS_ORIGINS", OURS)]).await;
    for base in registry.ports() {
        let bearer = format!("Bearer {}", registry.user_token);
        let open = async |origin: &str| {
            let headers = [("authorization", bearer.as_str()), ("origin", origin)];
            Socket::open(&base, "/ws/servers", &headers).await
        };
        for origin in
            ["https://evil.example", "null", &base, "https://app.example.com.evil.example"]
        {
            let seen = open(origin).await.err();
            assert_eq!(seen, Some((403, "ORIGIN_NOT_ALLOWED".to_owned())), "{origin}");
        }
        open(OURS).await.unwrap().until("connection_status").await;
    }
}

#[tokio::test]
async fn a_page_reads_an_event_stream_of_both_ports_by_the_rules_of_cors() {
    let registry = Registry::with(&[("MREG_SECURITY_CORS_ORIGINS", OURS)]).await;
    for base in registry.ports() {
        let page = |origin: &str| {
            Api::new(&base).with_token(&registry.user_token).with_header("origin", origin)
        };
        let request = || http::Request::new(bytes::Bytes::new());
        let ours = page(OURS).open("/api/v1/events/servers", request()).await;
        assert_eq!(ours.headers["access-control-allow-origin"], OURS);
        let foreign = page("https://evil.example").open("/api/v1/events/servers", request()).await;
        assert!(!foreign.headers.contains_key("access-control-allow-origin"));
        let ticket = page(OURS).post("/ws/ticket", &json!({})).await.expect(201);
        assert_eq!(ticket.header("access-control-allow-origin"), OURS);
    }
}
