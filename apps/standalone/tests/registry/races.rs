//! Administrators who decide at the same moment.

use http::Method;
use registry_testkit::Answer;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Registry, assert_problem, decide, id_in, rows, submit_dead};

/// Eight administrators decide on one registration, each with their own decision.
async fn race(registry: &Registry, path: &str, decision: impl Fn(usize) -> Value) -> Vec<Answer> {
    let mut racing = JoinSet::new();
    for at in 0..8 {
        let claims = json!({ "subject": format!("admin-{at}"), "roles": ["admin"] });
        let api = registry.someone(claims).await;
        api.get("/users/me").await.expect(200);
        let (path, decision) = (format!("{path}/status"), decision(at));
        racing.spawn(async move { api.patch(&path, &decision).await });
    }
    racing.join_all().await
}

async fn assert_one_won(registry: &Registry, path: &str, answers: Vec<Answer>) {
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in &lost {
        assert_problem(answer, 409, "INVALID_STATE_TRANSITION");
    }
    let (winner, shown) = (won[0].json(), registry.user.get(path).await.expect(200).json());
    for member in ["status", "approver_id", "approved_at", "alias", "server_id", "reason"] {
        assert_eq!(shown[member], winner[member], "{member}");
    }
    let trail = format!("/audit-logs?registration_id={}", id_in(path));
    let trail = rows(&registry.admin.get(&trail).await.expect(200));
    assert_eq!(trail.len(), 2, "one submission and one decision: {trail:#?}");
}

#[tokio::test]
async fn of_eight_approvals_one_counts() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "contested").await;
    let answers = race(&registry, &path, |_| json!({ "status": "Approved" })).await;
    assert_one_won(&registry, &path, answers).await;
}

#[tokio::test]
async fn of_approvals_with_different_aliases_one_counts() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "contested").await;
    let decision = |at| json!({ "status": "Approved", "alias": format!("alias-{at}") });
    let answers = race(&registry, &path, decision).await;
    assert_one_won(&registry, &path, answers).await;
}

#[tokio::test]
async fn of_approvals_and_rejections_one_counts() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "contested").await;
    let decision = |at: usize| {
        let status = if at.is_multiple_of(2) { "Approved" } else { "Rejected" };
        json!({ "status": status, "reason": format!("reason {at}") })
    };
    let answers = race(&registry, &path, decision).await;
    assert_one_won(&registry, &path, answers).await;
}

#[tokio::test]
async fn servers_of_one_name_that_are_approved_together_get_aliases_of_their_own() {
    let registry = Registry::start().await;
    let mut racing = JoinSet::new();
    for at in 0..6 {
        let draft =
            crate::support::draft(&crate::support::dead_url(&format!("twin-{at}")), "Same name");
        let path = crate::support::submit(&registry.user, &draft).await;
        let api = registry.admin.clone();
        racing.spawn(async move { crate::support::approve(&api, &path).await });
    }
    let mut aliases: Vec<String> =
        racing.join_all().await.iter().map(|row| row["alias"].to_string()).collect();
    aliases.sort();
    aliases.dedup();
    assert_eq!(aliases.len(), 6, "{aliases:?}");
}

#[tokio::test]
async fn what_is_removed_while_others_change_it_is_gone_and_not_a_fault() {
    let registry = Registry::start().await;
    for round in 0..20 {
        let name = format!("leaving-{round}");
        let path = submit_dead(&registry.user, &name).await;
        let edited = crate::support::draft(&crate::support::dead_url(&name), "Edited");
        let mut racing = JoinSet::new();
        for at in 0..8 {
            let (user, admin) = (registry.user.clone(), registry.admin.clone());
            let (path, edited) = (path.clone(), edited.clone());
            racing.spawn(async move {
                match at % 4 {
                    0 => admin.delete(&path).await,
                    1 => user.send(Method::POST, &format!("{path}/withdraw"), None).await,
                    2 => user.put(&path, &edited).await,
                    _ => decide(&admin, &path, &json!({ "status": "Rejected" })).await,
                }
            });
        }
        for answer in racing.join_all().await {
            assert!(!answer.status.is_server_error(), "{}", answer.text());
        }
        // A deletion that was overtaken too often is told so; this one nobody overtakes.
        registry.admin.delete(&path).await;
        assert_problem(&registry.user.get(&path).await, 404, "REGISTRATION_NOT_FOUND");
    }
}
