//! How a registration ends, and comes back.

use http::Method;
use registry_testkit::{
    Answer, Api, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{
    Registry, approve, assert_problem, column, draft_with, id_in, once_discovery, reject, submit,
    submit_dead, text,
};

async fn withdraw(api: &Api, path: &str) -> Answer {
    api.send(Method::POST, &format!("{path}/withdraw"), None).await
}

async fn resubmit(api: &Api, path: &str) -> Answer {
    api.send(Method::POST, &format!("{path}/resubmit"), None).await
}

#[tokio::test]
async fn what_is_withdrawn_is_gone_and_its_address_is_free_again() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "mistake").await;
    let answer = withdraw(&registry.user, &path).await.expect(204);
    assert!(answer.body.is_empty());
    assert_problem(&registry.user.get(&path).await, 404, "REGISTRATION_NOT_FOUND");
    assert_problem(&withdraw(&registry.user, &path).await, 404, "REGISTRATION_NOT_FOUND");
    let again = submit_dead(&registry.user, "mistake").await;
    assert_ne!(again, path);
}

#[tokio::test]
async fn what_was_decided_is_not_withdrawn() {
    let registry = Registry::start().await;
    let (yes, no) =
        (submit_dead(&registry.user, "yes").await, submit_dead(&registry.user, "nono").await);
    approve(&registry.admin, &yes).await;
    reject(&registry.admin, &no).await;
    for path in [&yes, &no] {
        let answer = withdraw(&registry.user, path).await;
        assert_problem(&answer, 409, "INVALID_STATE_TRANSITION");
        registry.user.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn what_was_rejected_is_put_up_for_decision_again() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "second try").await;
    assert_problem(&resubmit(&registry.user, &path).await, 409, "INVALID_STATE_TRANSITION");
    reject(&registry.admin, &path).await;
    let shown = resubmit(&registry.user, &path).await.expect(200).json();
    assert_eq!(shown["status"], "Pending");
    for member in ["approver_id", "approved_at", "reason", "server_id"] {
        assert_eq!(shown[member], Value::Null, "{member}");
    }
    assert_ne!(text(&shown, "submitted_at"), text(&shown, "created_at"));
    assert_eq!(approve(&registry.admin, &path).await["status"], "Approved");
    assert_problem(&resubmit(&registry.user, &path).await, 409, "INVALID_STATE_TRANSITION");
}

#[tokio::test]
async fn only_administrators_delete() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "kept").await;
    let answer = registry.user.delete(&path).await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
    let unknown = format!("/registrations/{}", crate::support::NOBODY);
    let answer = registry.user.delete(&unknown).await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
    registry.user.get(&path).await.expect(200);
}

#[tokio::test]
async fn what_is_deleted_is_gone_but_its_audit_rows_survive() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "doomed").await;
    approve(&registry.admin, &path).await;
    assert!(registry.admin.delete(&path).await.expect(204).body.is_empty());
    assert_problem(&registry.admin.delete(&path).await, 404, "REGISTRATION_NOT_FOUND");
    assert_problem(&registry.user.get(&path).await, 404, "REGISTRATION_NOT_FOUND");
    assert_eq!(registry.user.get("/registrations").await.json()["total"], 0);
    let trail = format!("/audit-logs?registration_id={}", id_in(&path));
    let trail = registry.admin.get(&trail).await.expect(200);
    assert_eq!(column(&trail, "action"), ["Deleted", "Approved", "Created"]);
}

#[tokio::test]
async fn a_pending_or_rejected_registration_can_be_deleted_too() {
    let registry = Registry::start().await;
    let (open, no) =
        (submit_dead(&registry.user, "open").await, submit_dead(&registry.user, "nono").await);
    reject(&registry.admin, &no).await;
    registry.admin.delete(&open).await.expect(204);
    registry.admin.delete(&no).await.expect(204);
    submit_dead(&registry.user, "open").await;
}

#[tokio::test]
async fn a_deleted_server_is_no_longer_served() {
    let registry = Registry::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let draft = draft_with(&upstream.url(), "Short lived", &json!({ "alias": "short" }));
    let path = submit(&registry.user, &draft).await;
    once_discovery(&registry.user, &path, "complete").await;
    approve(&registry.admin, &path).await;
    let caller = token(&registry.program, json!({ "subject": "ada" })).await;
    let gateway = Api::gateway(&registry.program).with_token(&caller);
    let listed = async || gateway.mcp("/servers/short/mcp", "tools/list", json!({})).await.status;
    eventually("it is served", async || (listed().await == 200).then_some(())).await;
    registry.admin.delete(&path).await.expect(204);
    eventually("it is no longer served", async || (listed().await == 404).then_some(())).await;
}
