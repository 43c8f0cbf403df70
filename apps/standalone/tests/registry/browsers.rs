//! What a page on an allowed origin may read, and what every client gets to name a request by.

use http::Method;
use registry_testkit::Api;
use serde_json::json;

use crate::support::{NOBODY, Registry, request};

const OURS: &str = "https://app.example.com";
const FOREIGN: &str = "https://evil.example.com";

async fn registry() -> Registry {
    Registry::with(&[("MREG_SECURITY_CORS_ORIGINS", OURS)]).await
}

fn on_page(api: &Api, origin: &str) -> Api {
    api.clone().with_header("origin", origin)
}

#[tokio::test]
async fn an_allowed_page_reads_answers_and_errors() {
    let registry = registry().await;
    let page = on_page(&registry.user, OURS);
    for (answer, status) in [
        (page.get("/registrations").await, 200),
        (on_page(&registry.stranger(), OURS).get("/registrations").await, 401),
        (page.get("/audit-logs").await, 403),
        (page.get(&format!("/registrations/{NOBODY}")).await, 404),
        (page.get("/nothing").await, 404),
        (page.delete("/registrations").await, 405),
        (page.post("/registrations", &json!({})).await, 422),
        (page.get("/registrations?limit=0").await, 422),
    ] {
        let answer = answer.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), OURS, "{status}");
        let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
        for name in
            ["x-request-id", "retry-after", "www-authenticate", "x-total-count", "etag", "link"]
        {
            assert!(exposed.contains(name), "{name} in {exposed} of {status}");
        }
        let vary = answer.header("vary").to_ascii_lowercase();
        assert!(vary.contains("origin"), "caches must not mix pages up: {vary:?} of {status}");
    }
}

#[tokio::test]
async fn a_foreign_page_reads_nothing() {
    let registry = registry().await;
    let page = on_page(&registry.user, FOREIGN);
    for path in ["/registrations", "/nothing", "/registrations?limit=0", "/livez"] {
        let answer = page.get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
    let stranger = on_page(&registry.stranger(), FOREIGN).get("/users/me").await;
    assert_eq!(stranger.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_preflight_is_answered_without_a_token() {
    let registry = registry().await;
    let preflight = |method: &str| {
        let headers = [
            ("access-control-request-method", method),
            ("access-control-request-headers", "authorization,content-type,if-match"),
        ];
        request(Method::OPTIONS, &headers, "")
    };
    for (path, method) in [
        ("/registrations", "POST"),
        ("/registrations/my", "GET"),
        ("/registrations/x", "PUT"),
        ("/registrations/x", "DELETE"),
        ("/registrations/x/status", "PATCH"),
    ] {
        let page = on_page(&registry.stranger(), OURS);
        let answer = page.request(path, preflight(method)).await;
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        assert!(answer.header("access-control-allow-methods").contains(method), "{method}");
        let headers = answer.header("access-control-allow-headers").to_ascii_lowercase();
        for name in ["authorization", "content-type", "if-match"] {
            assert!(headers.contains(name), "{name} in {headers}");
        }
        let foreign = on_page(&registry.stranger(), FOREIGN);
        let refused = foreign.request(path, preflight(method)).await;
        assert!(!refused.status.is_success(), "{}", refused.status);
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn a_request_keeps_the_id_that_its_client_gave_it() {
    let registry = Registry::start().await;
    let named = registry.user.clone().with_header("x-request-id", "build-42/step.7");
    assert_eq!(named.get("/users/me").await.header("x-request-id"), "build-42/step.7");
    let answer = named.get("/nothing").await.expect(404);
    assert_eq!(answer.header("x-request-id"), "build-42/step.7");
    assert_eq!(answer.json()["request_id"], "build-42/step.7");
}

#[tokio::test]
async fn a_request_without_a_usable_id_is_given_one() {
    let registry = Registry::start().await;
    let long = "x".repeat(129);
    let mut given = vec![];
    for id in [None, None, Some(""), Some("two words"), Some(long.as_str())] {
        let api = id.map_or_else(
            || registry.user.clone(),
            |id| registry.user.clone().with_header("x-request-id", id),
        );
        let answer = api.get("/livez").await.expect(200);
        assert_ne!(Some(answer.header("x-request-id")), id);
        given.push(answer.header("x-request-id").to_owned());
    }
    assert!(given.iter().all(|id| !id.is_empty()), "{given:?}");
    given.sort();
    given.dedup();
    assert_eq!(given.len(), 5);
}
