//! Links of registrations.

use http::Method;
use registry_testkit::{Answer, Api};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    NOBODY, Registry, assert_breaks, assert_problem, id_in, request, rows, submit_dead, text,
};

async fn add(api: &Api, path: &str, link: &Value) -> Answer {
    api.post(&format!("{path}/links"), link).await
}

fn link(url: &str) -> Value {
    json!({ "rel": "documentation", "url": url })
}

#[tokio::test]
async fn a_link_is_added_listed_and_deleted_and_the_trail_says_so() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "linked").await;
    let me = registry.user.get("/users/me").await.expect(200).json();
    let sent =
        json!({ "rel": "source", "url": "https://Code.Example.com/a#readme", "title": "Code" });
    let first = add(&registry.user, &path, &sent).await.expect(201).json();
    for (member, value) in [
        ("registration_id", json!(id_in(&path))),
        ("rel", json!("source")),
        ("url", json!("https://code.example.com/a#readme")),
        ("title", json!("Code")),
        ("added_by", me["user_id"].clone()),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    let second = add(&registry.admin, &path, &link("http://a.example")).await.expect(201).json();
    assert_eq!(second["title"], Value::Null);
    let list = registry.user.get(&format!("{path}/links")).await.expect(200);
    assert_eq!(
        list.json(),
        json!({
            "total": 2, "limit": 20, "offset": 0, "results": [first, second],
        })
    );
    let page = registry.user.get(&format!("{path}/links?limit=1")).await.expect(200);
    assert_eq!(rows(&page), std::slice::from_ref(&first));
    assert!(page.header("link").contains("offset=1"));

    let own = format!("{path}/links/{}", text(&first, "link_id"));
    registry.user.delete(&own).await.expect(204);
    assert_problem(&registry.user.delete(&own).await, 404, "NOT_FOUND");
    let trail = format!("/audit-logs?action=Updated&registration_id={}", id_in(&path));
    let trail = rows(&registry.admin.get(&trail).await.expect(200));
    let changes: Vec<_> = trail.iter().map(|row| &row["metadata"]["change"]).collect();
    assert_eq!(changes, ["deleted", "added", "added"]);
    assert_eq!(trail[0]["metadata"]["link"]["url"], first["url"]);
}

#[tokio::test]
async fn the_submitter_and_administrators_link_and_everybody_signed_in_reads() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "whose").await;
    let other = registry.someone(json!({ "subject": "bob" })).await;
    let made = add(&registry.user, &path, &link("https://a.example/")).await.expect(201).json();
    let own = format!("{path}/links/{}", text(&made, "link_id"));
    let answer = add(&other, &path, &link("https://b.example/")).await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
    assert_problem(&other.delete(&own).await, 403, "INSUFFICIENT_PERMISSIONS");
    for who in [&registry.user, &registry.admin, &other] {
        assert_eq!(
            rows(&who.get(&format!("{path}/links")).await.expect(200)),
            std::slice::from_ref(&made)
        );
    }
    let stranger = registry.stranger();
    for answer in [
        stranger.get(&format!("{path}/links")).await,
        add(&stranger, &path, &link("https://b.example/")).await,
        stranger.delete(&own).await,
    ] {
        assert_problem(&answer, 401, "AUTHENTICATION_REQUIRED");
    }
    registry.admin.delete(&own).await.expect(204);
    let nothing = format!("/registrations/{NOBODY}");
    let answer = add(&other, &nothing, &link("https://a.example/")).await;
    assert_problem(&answer, 404, "REGISTRATION_NOT_FOUND");
    let answer = other.get(&format!("{nothing}/links")).await;
    assert_problem(&answer, 404, "REGISTRATION_NOT_FOUND");
}

#[tokio::test]
async fn a_link_is_the_address_of_a_web_page() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "strict").await;
    let long = format!("https://e.com/{}", "x".repeat(2048));
    for (url, rule) in [
        ("javascript:alert(1)", "url_scheme"),
        ("data:text/html,x", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("https://ada:secret@example.com/", "url_credentials"),
        ("//example.com/", "url_parsing"),
        ("", "url_parsing"),
        (&long, "string_too_long"),
    ] {
        assert_breaks(&add(&registry.user, &path, &link(url)).await, "body.url", rule);
    }
    let other = json!({ "rel": "Source", "url": "https://a.example/" });
    assert_breaks(&add(&registry.user, &path, &other).await, "body.rel", "enum");
    let long = json!({ "rel": "other", "url": "https://a.example/", "title": "x".repeat(201) });
    assert_breaks(&add(&registry.user, &path, &long).await, "body.title", "string_too_long");
    let text = request(Method::POST, &[("content-type", "text/plain")], "x");
    let answer = registry.user.request(&format!("{path}/links"), text).await;
    assert_problem(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(registry.user.get(&format!("{path}/links")).await.json()["total"], 0);
}

#[tokio::test]
async fn an_address_is_linked_once_and_twenty_are_enough() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "crowded").await;
    let first = add(&registry.user, &path, &link("https://a.example/")).await.expect(201).json();
    let again = add(&registry.user, &path, &link("https://A.example:443")).await;
    let body = assert_problem(&again, 409, "INVALID_STATE_TRANSITION");
    let details = json!({ "reason": "exists", "existing_link_id": first["link_id"] });
    assert_eq!(body["details"], details);
    let other = submit_dead(&registry.user, "other").await;
    add(&registry.user, &other, &link("https://a.example/")).await.expect(201);

    let mut racing = JoinSet::new();
    for number in 0..30 {
        let (api, path) = (registry.user.clone(), path.clone());
        racing.spawn(
            async move { add(&api, &path, &link(&format!("https://e.com/{number}"))).await },
        );
    }
    let answers = racing.join_all().await;
    let (kept, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((kept.len(), refused.len()), (19, 11));
    for answer in &refused {
        let body = assert_problem(answer, 409, "INVALID_STATE_TRANSITION");
        assert_eq!(body["details"], json!({ "reason": "full", "limit": 20 }));
    }
    registry.admin.delete(&path).await.expect(204);
    assert_problem(
        &registry.user.get(&format!("{path}/links")).await,
        404,
        "REGISTRATION_NOT_FOUND",
    );
}
