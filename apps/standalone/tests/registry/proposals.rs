//! What was approved stays served while something newer is proposed.

use http::Method;
use registry_testkit::{
    Answer, Api, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{
    Registry, approve, assert_breaks, assert_problem, column, dead_url, decide, draft, draft_with,
    id_in, once_discovery, reject, submit, submit_dead, text,
};

async fn propose(api: &Api, path: &str, draft: &Value) -> Answer {
    api.post(&format!("{path}/propose"), draft).await
}

async fn withdraw(api: &Api, path: &str) -> Answer {
    api.send(Method::POST, &format!("{path}/withdraw"), None).await
}

/// An approved server, another that shall take its place, and somebody who calls it by its alias.
struct Story {
    registry: Registry,
    old: RmcpServer,
    new: RmcpServer,
    path: String,
    caller: Api,
}

impl Story {
    async fn begin() -> Self {
        let registry = Registry::start().await;
        let old = RmcpServer::start(RmcpOptions::default());
        let new = RmcpServer::start(RmcpOptions::default());
        let draft = draft_with(&old.url(), "Weather", &json!({ "alias": "weather" }));
        let path = submit(&registry.user, &draft).await;
        once_discovery(&registry.user, &path, "complete").await;
        approve(&registry.admin, &path).await;
        let caller = token(&registry.program, json!({ "subject": "ada" })).await;
        let caller = Api::gateway(&registry.program).with_token(&caller);
        let story = Self { registry, old, new, path, caller };
        eventually("it is served", async || (story.call().await == 200).then_some(())).await;
        story
    }

    async fn call(&self) -> u16 {
        let echo = json!({ "name": "echo", "arguments": { "text": "hello" } });
        self.caller.mcp("/servers/weather/mcp", "tools/call", echo).await.status.as_u16()
    }

    /// Which of the two a call reaches: (old, new).
    async fn reached(&self) -> (bool, bool) {
        let calls = |server: &RmcpServer| server.seen_of("tools/call").len();
        let before = (calls(&self.old), calls(&self.new));
        assert_eq!(self.call().await, 200);
        (calls(&self.old) > before.0, calls(&self.new) > before.1)
    }

    async fn propose_the_new(&self) -> Value {
        let draft = draft(&self.new.url(), "Weather");
        propose(&self.registry.user, &self.path, &draft).await.expect(200).json()
    }
}

const OLD: (bool, bool) = (true, false);
const NEW: (bool, bool) = (false, true);

#[tokio::test]
async fn the_approved_revision_is_served_until_the_proposed_one_is_approved() {
    let story = Story::begin().await;
    let served = story.registry.user.get(&story.path).await.expect(200).json();
    let shown = story.propose_the_new().await;
    assert_eq!(shown["status"], "Pending");
    assert_eq!(shown["standing"]["endpoint_url"], story.old.url());
    for kept in ["server_id", "alias", "mcp_url"] {
        assert_eq!(shown[kept], served[kept], "{kept}");
    }
    assert_eq!(story.reached().await, OLD);
    once_discovery(&story.registry.user, &story.path, "complete").await;
    let approved = approve(&story.registry.admin, &story.path).await;
    assert_eq!(approved["standing"], Value::Null);
    for kept in ["server_id", "alias", "mcp_url"] {
        assert_eq!(approved[kept], served[kept], "{kept}");
    }
    eventually("the new one is served", async || (story.reached().await == NEW).then_some(()))
        .await;
    let trail = format!("/audit-logs?registration_id={}", id_in(&story.path));
    let trail = story.registry.admin.get(&trail).await.expect(200);
    assert_eq!(column(&trail, "action"), ["Approved", "Updated", "Approved", "Created"]);
}

#[tokio::test]
async fn a_refused_proposal_leaves_what_was_approved_and_can_be_taken_back() {
    let story = Story::begin().await;
    story.propose_the_new().await;
    let refused = reject(&story.registry.admin, &story.path).await;
    assert_eq!(refused["status"], "Rejected");
    assert_eq!(story.reached().await, OLD);
    let restored = withdraw(&story.registry.user, &story.path).await.expect(200).json();
    assert_eq!(restored["status"], "Approved");
    assert_eq!(text(&restored, "endpoint_url"), story.old.url());
    assert_eq!(restored["standing"], Value::Null);
    assert_eq!(story.reached().await, OLD);
    let manifest = format!("{}/manifest", story.path);
    let manifest = story.registry.user.get(&manifest).await.expect(200).json();
    assert_eq!(manifest["digest"], manifest["pinned_digest"]);
    assert_ne!(manifest["definitions"]["tools"], json!([]), "what is served is shown");
}

#[tokio::test]
async fn deleting_a_proposal_takes_the_served_one_too() {
    let story = Story::begin().await;
    story.propose_the_new().await;
    story.registry.admin.delete(&story.path).await.expect(204);
    eventually("it is gone", async || (story.call().await == 404).then_some(())).await;
}

#[tokio::test]
async fn a_decision_cannot_move_a_served_server_to_another_alias() {
    let story = Story::begin().await;
    story.propose_the_new().await;
    let decision = json!({ "status": "Approved", "alias": "other" });
    let answer = decide(&story.registry.admin, &story.path, &decision).await;
    assert_breaks(&answer, "body.alias", "value_error");
    assert_eq!(story.reached().await, OLD);
}

#[tokio::test]
async fn only_what_is_approved_is_proposed_anew_and_only_by_its_submitter() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "mine").await;
    let newer = draft(&dead_url("newer"), "newer");
    let answer = propose(&registry.user, &path, &newer).await;
    assert_problem(&answer, 409, "INVALID_STATE_TRANSITION");
    approve(&registry.admin, &path).await;
    let eve = registry.someone(json!({ "subject": "eve" })).await;
    assert_problem(&propose(&eve, &path, &newer).await, 403, "INSUFFICIENT_PERMISSIONS");
    let taken = submit_dead(&registry.admin, "taken").await;
    let answer = propose(&registry.user, &path, &draft(&dead_url("taken"), "newer")).await;
    assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
    assert_eq!(registry.user.get(&path).await.json()["status"], "Approved");
    registry.user.get(&taken).await.expect(200);
}

#[tokio::test]
async fn a_served_address_stays_taken_while_another_is_proposed() {
    let story = Story::begin().await;
    story.propose_the_new().await;
    let eve = story.registry.someone(json!({ "subject": "eve" })).await;
    for url in [story.old.url(), story.old.url().to_uppercase().replace("/MCP", "/mcp")] {
        let url = url.replace("HTTP:", "http:");
        let answer = eve.post("/registrations", &draft(&url, "Stolen")).await;
        assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
    }
    let restored = withdraw(&story.registry.user, &story.path).await.expect(200).json();
    assert_eq!(text(&restored, "endpoint_url"), story.old.url());
}

#[tokio::test]
async fn nobody_decides_on_what_they_wrote_into_somebody_elses_registration() {
    let registry = Registry::with(&[("MREG_FOUR_EYES", "true")]).await;
    let path = submit_dead(&registry.user, "mine").await;
    registry.admin.put(&path, &draft(&dead_url("other"), "other")).await.expect(200);
    let approval = json!({ "status": "Approved" });
    let answer = decide(&registry.admin, &path, &approval).await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
    let second = registry.someone(json!({ "subject": "second", "roles": ["admin"] })).await;
    decide(&second, &path, &approval).await.expect(200);
    propose(&registry.admin, &path, &draft(&dead_url("third"), "third")).await.expect(200);
    let answer = decide(&registry.admin, &path, &approval).await;
    assert_problem(&answer, 403, "INSUFFICIENT_PERMISSIONS");
}

#[tokio::test]
async fn a_proposal_cannot_wish_for_another_alias() {
    let story = Story::begin().await;
    let other = draft_with(&story.new.url(), "Weather", &json!({ "alias": "other" }));
    let answer = propose(&story.registry.user, &story.path, &other).await;
    assert_breaks(&answer, "body.alias", "value_error");
}

#[tokio::test]
async fn the_trail_of_a_deleted_proposal_says_what_was_served() {
    let story = Story::begin().await;
    story.propose_the_new().await;
    reject(&story.registry.admin, &story.path).await;
    story.registry.admin.delete(&story.path).await.expect(204);
    let trail = format!("/audit-logs?action=Deleted&registration_id={}", id_in(&story.path));
    let trail = story.registry.admin.get(&trail).await.expect(200).json();
    let said = &trail["results"][0]["metadata"]["standing"];
    assert_eq!(said["endpoint_url"], story.old.url());
}

#[tokio::test]
async fn what_changed_since_it_was_read_is_not_withdrawn_resubmitted_or_deleted() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "mine").await;
    let stale = registry.admin.clone().with_header("if-match", r#""r9-none""#);
    let refused = |answer: &Answer| {
        let body = assert_problem(answer, 409, "INVALID_STATE_TRANSITION");
        assert_eq!(body["details"]["reason"], "stale");
    };
    refused(&withdraw(&stale, &path).await);
    refused(&stale.delete(&path).await);
    reject(&registry.admin, &path).await;
    refused(&stale.send(Method::POST, &format!("{path}/resubmit"), None).await);
}
