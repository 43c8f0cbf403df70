//! What a submitter may change, and until when.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Registry, approve, assert_problem, dead_url, draft, draft_with, path_of, reject, rows,
    submit_dead,
};

#[tokio::test]
async fn a_submitter_edits_while_nobody_has_decided() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "before").await;
    let before = registry.user.get(&path).await.expect(200).json();
    let edited = draft_with(
        &dead_url("after"),
        "after",
        &json!({ "description": "new", "alias": "new", "available_tools": [{ "name": "t" }] }),
    );
    let shown = registry.user.put(&path, &edited).await.expect(200).json();
    for (member, value) in edited.as_object().unwrap() {
        assert_eq!(&shown[member], value, "{member}");
    }
    for kept in ["registration_id", "submitter_id", "status", "created_at", "submitted_at"] {
        assert_eq!(shown[kept], before[kept], "{kept}");
    }
    let replaced = registry.user.put(&path, &draft(&dead_url("after"), "again")).await.expect(200);
    assert_eq!(replaced.json()["description"], Value::Null, "PUT replaces");
    // The old address is free again.
    submit_dead(&registry.admin, "before").await;
}

#[tokio::test]
async fn an_edit_is_audited_with_before_and_after() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "before").await;
    registry.user.put(&path, &draft(&dead_url("after"), "after")).await.expect(200);
    let rows = rows(&registry.admin.get("/audit-logs?action=Updated").await.expect(200));
    assert_eq!(rows.len(), 1);
    assert_eq!(path_of(&rows[0]), path);
    assert_eq!(rows[0]["metadata"]["before"]["endpoint_name"], "before");
    assert_eq!(rows[0]["metadata"]["after"]["endpoint_name"], "after");
    assert_eq!(rows[0]["metadata"]["after"]["endpoint_url"], dead_url("after"));
}

#[tokio::test]
async fn only_the_submitter_and_administrators_may_change_it() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "mine").await;
    let eve = registry.someone(json!({ "subject": "eve" })).await;
    let draft = draft(&dead_url("mine"), "yours");
    for answer in [
        eve.put(&path, &draft).await,
        eve.send(Method::POST, &format!("{path}/withdraw"), None).await,
        eve.send(Method::POST, &format!("{path}/resubmit"), None).await,
        // What is wrong with the content is told to those who may send it.
        eve.put(&path, &json!({ "endpoint_url": "", "endpoint_name": "", "owner_contact": "" }))
            .await,
    ] {
        assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
    }
    let shown = registry.admin.put(&path, &draft).await.expect(200).json();
    assert_eq!(shown["endpoint_name"], "yours");
    let me = registry.user.get("/users/me").await.json();
    assert_eq!(shown["submitter_id"], me["user_id"], "it stays the submitter's");
}

#[tokio::test]
async fn what_was_decided_is_not_edited() {
    let registry = Registry::start().await;
    let (yes, no) =
        (submit_dead(&registry.user, "yes").await, submit_dead(&registry.user, "nono").await);
    approve(&registry.admin, &yes).await;
    reject(&registry.admin, &no).await;
    for (path, status) in [(&yes, "Approved"), (&no, "Rejected")] {
        for api in [&registry.user, &registry.admin] {
            let answer = api.put(path, &draft(&dead_url("other"), "other")).await;
            let body = assert_problem(&answer, 409, "INVALID_STATE_TRANSITION");
            assert_eq!(body["details"]["status"], status);
        }
    }
}

#[tokio::test]
async fn an_edit_of_something_older_than_it_is_now_is_refused() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "first").await;
    let old = registry.user.get(&path).await.expect(200).header("etag").to_owned();
    let tagged = |tag: &str| registry.user.clone().with_header("if-match", tag);
    let edited = tagged(&old).put(&path, &draft(&dead_url("first"), "second")).await.expect(200);
    let new = edited.header("etag").to_owned();
    let stale = tagged(&old).put(&path, &draft(&dead_url("first"), "third")).await;
    let body = assert_problem(&stale, 409, "INVALID_STATE_TRANSITION");
    assert_eq!(body["details"]["reason"], "stale");
    let odd = tagged("nonsense").put(&path, &draft(&dead_url("first"), "third")).await;
    assert_problem(&odd, 400, "BAD_REQUEST");
    assert_eq!(registry.user.get(&path).await.json()["endpoint_name"], "second");
    for good in [new.as_str(), "*"] {
        let api = registry.user.clone().with_header("if-match", good);
        api.put(&path, &draft(&dead_url("first"), "third")).await.expect(200);
    }
}
