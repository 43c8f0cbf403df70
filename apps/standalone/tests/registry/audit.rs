//! Who did what, for administrators.

use serde_json::{Value, json};

use crate::support::{
    Registry, approve, assert_breaks, assert_problem, column, decide, escaped, id_in, link, rows,
    submit_dead, text,
};

#[tokio::test]
async fn the_trail_tells_who_did_what_newest_first() {
    let registry = Registry::start().await;
    let claims = json!({ "subject": "grace", "email": "g@example.com", "name": "Grace" });
    let grace = registry.someone(claims).await;
    let path = submit_dead(&grace, "watched").await;
    let decision = json!({ "status": "Rejected", "reason": "not yet" });
    decide(&registry.admin, &path, &decision).await.expect(200);
    let answer = registry.admin.get("/audit-logs").await.expect(200);
    assert_eq!(answer.header("x-total-count"), "2");
    let body = answer.json();
    assert_eq!(
        (&body["total"], &body["limit"], &body["offset"]),
        (&2.into(), &50.into(), &0.into())
    );
    let rows = rows(&answer);
    let (decided, created) = (&rows[0], &rows[1]);
    for (row, member, value) in [
        (created, "action", json!("Created")),
        (created, "user_email", json!("g@example.com")),
        (created, "user_display_name", json!("Grace")),
        (created, "previous_status", Value::Null),
        (created, "new_status", json!("Pending")),
        (decided, "action", json!("Rejected")),
        (decided, "previous_status", json!("Pending")),
        (decided, "new_status", json!("Rejected")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    assert_eq!(created["registration_id"], id_in(&path));
    assert_eq!(created["metadata"]["endpoint_name"], "watched");
    assert_eq!(decided["metadata"]["reason"], "not yet");
    assert_ne!(created["log_id"], decided["log_id"]);
}

#[tokio::test]
async fn every_filter_works_alone_and_together() {
    let registry = Registry::start().await;
    let one = submit_dead(&registry.user, "one").await;
    let two = submit_dead(&registry.admin, "two").await;
    approve(&registry.admin, &one).await;
    approve(&registry.admin, &two).await;
    let all = rows(&registry.admin.get("/audit-logs").await.expect(200));
    assert_eq!(all.len(), 4);
    let admin = registry.admin.get("/users/me").await.json();
    let (one, admin) = (
        format!("registration_id={}", id_in(&one)),
        format!("user_id={}", text(&admin, "user_id")),
    );
    let newest = escaped(text(&all[0], "timestamp"));
    let oldest = escaped(text(&all[3], "timestamp"));
    for (query, count) in [
        (one.clone(), 2),
        (admin.clone(), 3),
        ("action=Approved".to_owned(), 2),
        ("action=created".to_owned(), 2),
        ("action=Deleted".to_owned(), 0),
        (format!("from={newest}"), 1),
        (format!("to={oldest}"), 1),
        (format!("from={oldest}&to={newest}"), 4),
        (format!("{one}&{admin}"), 1),
        (format!("{one}&{admin}&action=Created"), 0),
        (format!("registration_id={}", crate::support::NOBODY), 0),
    ] {
        let answer = registry.admin.get(&format!("/audit-logs?{query}")).await.expect(200);
        assert_eq!(rows(&answer).len(), count, "{query}");
        assert_eq!(answer.json()["total"], count, "{query}");
    }
}

#[tokio::test]
async fn the_trail_is_read_page_by_page() {
    let registry = Registry::start().await;
    for at in 0..5 {
        submit_dead(&registry.user, &format!("row {at}")).await;
    }
    let mut seen = vec![];
    let mut next = Some("/audit-logs?limit=2&action=Created".to_owned());
    while let Some(path) = next {
        let page = registry.admin.get(&path).await.expect(200);
        seen.extend(column(&page, "log_id"));
        next = link(&page, "next");
    }
    let all = registry.admin.get("/audit-logs?limit=200").await.expect(200);
    assert_eq!(seen, column(&all, "log_id"));
    let back = registry.admin.get("/audit-logs?limit=2&offset=2").await.expect(200);
    let first = registry.admin.get(&link(&back, "prev").unwrap()).await.expect(200);
    assert_eq!(column(&first, "log_id"), seen[..2]);
}

#[tokio::test]
async fn a_question_that_means_nothing_is_refused() {
    let registry = Registry::start().await;
    let backwards = "/audit-logs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    assert_problem(&registry.admin.get(backwards).await, 400, "INVALID_DATE_RANGE");
    for (query, field, rule) in [
        ("limit=201", "limit", "int_range"),
        ("limit=0", "limit", "int_range"),
        ("offset=-1", "offset", "int_range"),
        ("action=Seen", "action", "enum"),
        ("user_id=me", "user_id", "uuid_parsing"),
        ("registration_id=1", "registration_id", "uuid_parsing"),
        ("from=yesterday", "from", "datetime_parsing"),
        ("to=2026-01-01", "to", "datetime_parsing"),
    ] {
        let answer = registry.admin.get(&format!("/audit-logs?{query}")).await;
        assert_breaks(&answer, &format!("query.{field}"), rule);
    }
}

#[tokio::test]
async fn only_administrators_read_the_trail() {
    let registry = Registry::start().await;
    submit_dead(&registry.user, "mine").await;
    let answer = registry.user.get("/audit-logs").await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
}

#[tokio::test]
async fn what_was_refused_leaves_no_trace_in_the_trail() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "calm").await;
    let eve = registry.someone(json!({ "subject": "eve" })).await;
    decide(&eve, &path, &json!({ "status": "Approved" })).await.expect(403);
    eve.delete(&path).await.expect(403);
    registry.user.post("/registrations", &json!({})).await.expect(422);
    let trail = registry.admin.get("/audit-logs").await.expect(200);
    assert_eq!(column(&trail, "action"), ["Created"]);
}
