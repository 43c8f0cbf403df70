//! Who may call, and how often.

use registry_testkit::{Answer, Api, eventually};
use serde_json::json;

use crate::support::World;

const PATHS: [&str; 2] = ["/mcp", "/servers/files/mcp"];

fn refused(answer: Answer, word: &str) -> Answer {
    let answer = answer.expect(401);
    let body = answer.json();
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(null)));
    assert_eq!(body["error"]["code"], -33012);
    assert_eq!(body["error"]["data"]["error"], word, "{body}");
    assert!(answer.header("www-authenticate").starts_with("Bearer "));
    answer
}

#[tokio::test]
async fn without_a_token_every_door_is_closed() {
    let world = World::start().await;
    let nobody = Api::gateway(&world.program);
    for path in PATHS {
        for method in ["initialize", "server/discover", "tools/list", "tools/call", "nonesuch"] {
            let answer =
                refused(nobody.mcp(path, method, json!({})).await, "AUTHENTICATION_REQUIRED");
            assert!(!answer.header("www-authenticate").contains("error="));
        }
        let basic = nobody.clone().with_header("authorization", "Basic YTpi");
        refused(basic.mcp(path, "tools/list", json!({})).await, "AUTHENTICATION_REQUIRED");
    }
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_refused() {
    let world = World::start().await;
    let other = World::start().await;
    let (head, tail) = world.user.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", tail.chars().rev().collect::<String>());
    for token in ["garbage", "a.b.c", &forged, &other.user, &"x".repeat(4000)] {
        let answer = world.mcp_as(token).mcp("/mcp", "tools/list", json!({})).await;
        let answer = refused(answer, "INVALID_TOKEN");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    }
    world.mcp().mcp("/mcp", "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_token_ends() {
    let world = World::with(&[("MREG_CLOCK_SKEW_SECONDS", "0")]).await;
    let short = world.token(json!({ "subject": "ada", "expires_in": 1 })).await;
    let short = world.mcp_as(&short);
    let answer = eventually("the token has expired", async || {
        let answer = short.mcp("/mcp", "tools/list", json!({})).await;
        (answer.status == 401).then_some(answer)
    })
    .await;
    let answer = refused(answer, "TOKEN_EXPIRED");
    assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
}

#[tokio::test]
async fn who_calls_too_often_has_to_wait_and_nobody_else_has() {
    let world = World::with(&[("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "5")]).await;
    let api = world.mcp();
    for _ in 0..5 {
        api.mcp("/mcp", "tools/list", json!({})).await.expect(200);
    }
    let answer = api.mcp("/mcp", "tools/list", json!({})).await.expect(429);
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -33011);
    assert_eq!(error["data"]["error"], "RATE_LIMIT_EXCEEDED");
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");

    let bob = world.token(json!({ "subject": "bob", "tenant": "contoso" })).await;
    world.mcp_as(&bob).mcp("/mcp", "tools/list", json!({})).await.expect(200);
    world.mcp_as(&world.admin).mcp("/mcp", "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn guessing_tokens_is_limited_too() {
    let world = World::with(&[("MREG_PUBLIC_RATE_LIMIT_RPM", "5")]).await;
    let nobody = Api::gateway(&world.program).with_token("garbage");
    eventually("the address has to wait", async || {
        let answer = nobody.mcp("/mcp", "tools/list", json!({})).await;
        (answer.status == 429).then_some(())
    })
    .await;
    world.mcp().mcp("/mcp", "tools/list", json!({})).await.expect(200);
}

#[tokio::test]
async fn pages_of_strangers_may_not_call() {
    let world = World::start().await;
    for (origin, status) in [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost:5173", 200),
        ("http://127.0.0.1:9", 200),
    ] {
        let api = world.mcp().with_header("origin", origin);
        let answer = api.mcp("/mcp", "tools/list", json!({})).await;
        assert_eq!(answer.status, status, "{origin}: {}", answer.text());
        if status == 403 {
            assert_eq!(answer.json()["error"]["code"], -33010);
        }
    }
}
