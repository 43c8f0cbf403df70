//! Who is let in at all.

use http::Method;
use registry_testkit::{Answer, eventually, token};
use serde_json::json;

use crate::support::{NOBODY, Registry, assert_problem};

fn assert_challenged(answer: &Answer, code: &str) {
    assert_problem(answer, 401, code);
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{:?}", answer.headers);
}

#[tokio::test]
async fn every_address_behind_the_door_wants_a_token() {
    let registry = Registry::start().await;
    let stranger = registry.stranger();
    let one = format!("/registrations/{NOBODY}");
    for (method, path) in [
        (Method::POST, "/users"),
        (Method::GET, "/users/me"),
        (Method::GET, &format!("/users/{NOBODY}")),
        (Method::GET, "/registrations"),
        (Method::POST, "/registrations"),
        (Method::GET, "/registrations/my"),
        (Method::GET, "/registrations/by-url?endpoint_url=x"),
        (Method::GET, &one),
        (Method::PUT, &one),
        (Method::DELETE, &one),
        (Method::PATCH, &format!("{one}/status")),
        (Method::POST, &format!("{one}/withdraw")),
        (Method::POST, &format!("{one}/resubmit")),
        (Method::GET, &format!("{one}/manifest")),
        (Method::GET, "/audit-logs"),
        // A stranger does not learn which ids and fields are well formed.
        (Method::GET, "/registrations/no-uuid"),
        (Method::GET, "/registrations?limit=0"),
    ] {
        let answer = stranger.send(method, path, None).await;
        assert_challenged(&answer, "AUTHENTICATION_REQUIRED");
    }
}

#[tokio::test]
async fn only_a_bearer_token_of_a_known_issuer_opens_the_door() {
    let registry = Registry::start().await;
    let good = token(&registry.program, json!({})).await;
    let (head_and_claims, _) = good.rsplit_once('.').unwrap();
    for (header, code) in [
        ("Basic YWRhOmFkYQ==", "AUTHENTICATION_REQUIRED"),
        ("Bearer", "AUTHENTICATION_REQUIRED"),
        ("Bearer ", "AUTHENTICATION_REQUIRED"),
        (&good, "AUTHENTICATION_REQUIRED"),
        ("Bearer garbage", "INVALID_TOKEN"),
        ("Bearer a.b.c", "INVALID_TOKEN"),
        (&format!("Bearer {head_and_claims}."), "INVALID_TOKEN"),
        (&format!("Bearer {head_and_claims}.AAAA"), "INVALID_TOKEN"),
        (&format!("Bearer {}", "x".repeat(20_000)), "INVALID_TOKEN"),
    ] {
        let api = registry.stranger().with_header("authorization", header);
        assert_challenged(&api.get("/users/me").await, code);
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {good}");
        registry
            .stranger()
            .with_header("authorization", &header)
            .get("/users/me")
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_also_where_none_is_needed() {
    let registry = Registry::start().await;
    let api = registry.stranger().with_token("garbage");
    assert_challenged(&api.get("/").await, "INVALID_TOKEN");
    api.get("/livez").await.expect(200);
}

#[tokio::test]
async fn a_token_ends_when_it_says_so() {
    let registry = Registry::with(&[("MREG_CLOCK_SKEW_SECONDS", "0")]).await;
    let short = registry.someone(json!({ "expires_in": 1 })).await;
    let ended = eventually("the token has ended", async || {
        Some(short.get("/users/me").await).filter(|answer| answer.status != 200)
    })
    .await;
    assert_challenged(&ended, "TOKEN_EXPIRED");
}

#[tokio::test]
async fn the_same_token_is_let_in_by_both_servers() {
    let registry = Registry::start().await;
    let token = token(&registry.program, json!({})).await;
    let gateway = registry_testkit::Api::gateway(&registry.program);
    gateway.mcp("/mcp", "tools/list", json!({})).await.expect(401);
    gateway.with_token(&token).mcp("/mcp", "tools/list", json!({})).await.expect(200);
}
