//! Long texts are compressed where the client takes that; nothing else is.

use serde_json::json;

use crate::support::{Registry, submit, upstream};

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_takes_it_and_means_the_same() {
    let registry = Registry::with(&[("MREG_HEALTH_CHECK_INTERVAL", "3600")]).await;
    for number in 0..8 {
        let name = format!("number-{number}");
        submit(&registry.user, &format!("http://127.0.0.1:1/{name}"), &name).await;
    }
    let plain = registry.user.get("/registrations").await.expect(200);
    assert!(plain.body.len() > 2048);
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain.header("vary").to_lowercase(), "accept-encoding");

    let taker = registry.user.clone().with_header("accept-encoding", "gzip, br");
    let zipped = taker.get("/registrations").await.expect(200);
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert_eq!(zipped.header("vary").to_lowercase(), "accept-encoding");
    assert!(zipped.body.starts_with(&[0x1f, 0x8b]), "gzip's magic number");
    assert!(zipped.body.len() < plain.body.len() / 2);
    let tag = zipped.header("etag");
    assert!(tag.starts_with("W/"), "{tag}");

    let knowing = taker.with_header("if-none-match", tag);
    let same = knowing.get("/registrations").await;
    assert!(same.status == 304 || same.header("etag") != tag, "{} {:?}", same.status, same.headers);
}

#[tokio::test]
async fn short_answers_problems_and_the_gateways_are_left_alone() {
    let registry = Registry::with(&[]).await;
    let upstream = upstream();
    registry.serve(&upstream, "Counted").await;
    let taker = registry.user.clone().with_header("accept-encoding", "gzip");
    for path in ["/users/me", "/livez", "/nothing", "/registrations?limit=none"] {
        let answer = taker.get(path).await;
        assert_eq!(answer.header("content-encoding"), "", "{path}");
        answer.json();
    }
    let gateway = registry.gateway.clone().with_header("accept-encoding", "gzip");
    let big = gateway.call_tool("/mcp", "counted__echo", json!({"text": "a".repeat(8192)})).await;
    assert_eq!(big.header("content-encoding"), "");
    assert!(big.text().contains("aaaa"));
}
