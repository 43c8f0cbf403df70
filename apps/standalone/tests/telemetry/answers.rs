//! Answers that are given again: when, to whom, and never after a commit.

use http::Method;
use registry_testkit::{Answer, Api, DataDir, Launch, Program, eventually};
use serde_json::json;

use crate::support::{Registry, scrape, signed_in, submit};

/// Long enough that no test sees its end.
const KEPT: [(&str, &str); 2] =
    [("MREG_CACHE_RESPONSE_TTL", "3600"), ("MREG_HEALTH_CHECK_INTERVAL", "3600")];

/// A registration that nothing will happen to any more by itself, and the list without what the
/// submission left behind.
async fn settled(api: &Api, name: &str) -> String {
    let path = submit(api, &format!("http://127.0.0.1:1/{name}"), name).await;
    eventually("the discovery is over", async || {
        let shown = api.get(&path).await.expect(200).json();
        (shown["discovery"]["state"] == "failed").then_some(())
    })
    .await;
    path
}

/// Asks until the answer is one that was kept: other things may just have been written.
async fn hit(api: &Api, path: &str) -> Answer {
    eventually("the answer is given again", async || {
        let answer = api.get(path).await.expect(200);
        (answer.header("x-cache") == "HIT").then_some(answer)
    })
    .await
}

#[tokio::test]
async fn an_answer_is_given_again_until_something_is_written() {
    let registry = Registry::with(&KEPT).await;
    let path = settled(&registry.user, "kept").await;
    for listed in ["/registrations", "/registrations?limit=5", &path, "/registrations/my"] {
        let kept = hit(&registry.user, listed).await;
        assert!(kept.header("age").parse::<u64>().is_ok(), "{:?}", kept.headers);
        let fresh =
            registry.user.clone().with_header("accept", "application/json").get(listed).await;
        for name in ["content-type", "etag", "x-total-count", "link", "cache-control"] {
            assert_eq!(kept.header(name), fresh.header(name), "{name} of {listed}");
        }
        assert_eq!(kept.text(), fresh.text());
        assert_ne!(kept.header("x-request-id"), fresh.header("x-request-id"));
    }
    let draft = json!({"endpoint_url": "http://127.0.0.1:1/kept", "endpoint_name": "Renamed",
                       "owner_contact": "Ops"});
    registry.user.put(&path, &draft).await.expect(200);
    for listed in ["/registrations", &path] {
        let answer = registry.user.get(listed).await.expect(200);
        assert_eq!(answer.header("x-cache"), "MISS");
        assert!(answer.text().contains("Renamed"), "{listed}: {}", answer.text());
    }
}

#[tokio::test]
async fn whoever_wrote_reads_their_own_write_at_once_every_time() {
    let registry = Registry::with(&KEPT).await;
    let path = settled(&registry.user, "often").await;
    for round in 0..10 {
        let name = format!("Round {round}");
        let draft = json!({"endpoint_url": "http://127.0.0.1:1/often", "endpoint_name": name,
                           "owner_contact": "Ops"});
        // Readers that race with the write may keep what they saw, for nobody.
        let race = async { tokio::join!(registry.user.get(&path), registry.admin.get(&path)) };
        let (written, _) = tokio::join!(registry.user.put(&path, &draft), race);
        written.expect(200);
        for api in [&registry.user, &registry.admin] {
            assert_eq!(api.get(&path).await.expect(200).json()["endpoint_name"], name);
        }
    }
}

#[tokio::test]
async fn nobody_is_given_what_was_made_for_another_caller() {
    let registry = Registry::with(&KEPT).await;
    settled(&registry.user, "mine").await;
    hit(&registry.user, "/registrations/my").await;
    let others = registry.admin.get("/registrations/my").await.expect(200);
    assert_eq!(others.json()["results"], json!([]), "{}", others.text());
    registry.stranger().get("/registrations/my").await.expect(401);
    let forged = registry.stranger().with_token("not.a.token");
    forged.get("/registrations/my").await.expect(401);

    // Whoever comes for the first time is written down, which ends what was kept.
    hit(&registry.user, "/registrations/my").await;
    // The same person with another token that says the same is the same caller.
    let again = json!({ "subject": "ada", "tenant": "north" });
    let again = signed_in(&registry.program, again).await;
    assert_eq!(again.get("/registrations/my").await.header("x-cache"), "HIT");
    let promoted = json!({ "subject": "ada", "tenant": "north", "roles": ["admin"] });
    let promoted = signed_in(&registry.program, promoted).await;
    assert_eq!(promoted.get("/registrations/my").await.header("x-cache"), "MISS");
}

#[tokio::test]
async fn a_hit_counts_against_the_limits() {
    let limited = [KEPT[0], KEPT[1], ("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "60")];
    let registry = Registry::with(&limited).await;
    let refused = eventually("the limit is reached", async || {
        let answer = registry.user.get("/registrations").await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(refused.json()["error"], "RATE_LIMIT_EXCEEDED");
    let page = scrape(&Api::gateway(&registry.program)).await;
    assert!(page.sum("mcp_registry_response_cache_total", &[("result", "hit")]) >= 1.0);
}

#[tokio::test]
async fn a_client_that_has_the_answer_is_not_sent_it_again_cache_or_not() {
    for ttl in ["3600", "0"] {
        let settings = [("MREG_CACHE_RESPONSE_TTL", ttl), KEPT[1]];
        let registry = Registry::with(&settings).await;
        settled(&registry.user, "tagged").await;
        let list = "/registrations?limit=5";
        let answer = registry.user.get(list).await.expect(200);
        let tag = answer.header("etag");
        assert!(tag.starts_with("W/\""), "{tag}");
        assert_eq!(answer.header("x-cache"), if ttl == "0" { "" } else { "MISS" });
        let knowing = registry.user.clone().with_header("if-none-match", tag);
        for _ in 0..2 {
            let same = knowing.get(list).await.expect(304);
            assert!(same.body.is_empty());
            assert_eq!(same.header("etag"), tag);
        }
        settled(&registry.user, "another").await;
        let changed = knowing.get(list).await.expect(200);
        assert_ne!(changed.header("etag"), tag);
    }
}

#[tokio::test]
async fn what_changes_nothing_and_what_is_refused_is_not_kept() {
    let registry = Registry::with(&KEPT).await;
    let nobody = "/registrations/00000000-0000-4000-8000-000000000000";
    for _ in 0..2 {
        let missing = registry.user.get(nobody).await.expect(404);
        assert_eq!(missing.header("x-cache"), "MISS");
        let wrong = registry.user.get("/registrations?limit=none").await.expect(422);
        assert_eq!(wrong.json()["error"], "VALIDATION_ERROR");
    }
    let got = hit(&registry.user, "/registrations").await;
    let head = registry.user.send(Method::HEAD, "/registrations", None).await.expect(200);
    assert!(head.body.is_empty());
    for name in ["x-cache", "etag", "content-type", "content-length"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    assert_eq!(registry.user.get("/users/me").await.header("x-cache"), "");
}

#[tokio::test]
async fn what_another_process_on_the_same_folder_writes_is_seen() {
    let data = DataDir::new();
    let launch = || Launch::program("public-api").envs(&KEPT).data_dir(&data);
    let (one, other) = (launch().start().await, launch().start().await);
    let claims = json!({ "subject": "ada" });
    let writer = signed_in(&one, claims).await;
    let path = settled(&writer, "shared").await;
    let reader = signed_in(&other, json!({ "subject": "eve" })).await;
    hit(&reader, &path).await;
    let draft = json!({"endpoint_url": "http://127.0.0.1:1/shared", "endpoint_name": "Renamed",
                       "owner_contact": "Ops"});
    writer.put(&path, &draft).await.expect(200);
    eventually("the other shows the new name", async || {
        let shown = reader.get(&path).await.expect(200).json();
        (shown["endpoint_name"] == "Renamed").then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_cache_can_be_switched_off() {
    let program = Program::start("mcp-registry", &[("MREG_CACHE_RESPONSE_TTL", "0")]).await;
    let registry = Registry::of(program).await;
    for _ in 0..2 {
        let answer = registry.user.get("/registrations").await.expect(200);
        assert_eq!((answer.header("x-cache"), answer.header("age")), ("", ""));
    }
}
