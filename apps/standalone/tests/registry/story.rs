//! From a submission to a server that can be called.

use registry_testkit::{
    Api, eventually, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

use crate::support::{
    Registry, approve, decide, draft_with, mcp_url, once_discovery, path_of, reject, rows, submit,
    text,
};

#[tokio::test]
async fn a_submitted_server_is_reviewed_approved_and_then_callable_through_the_gateway() {
    let registry = Registry::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let me = registry.user.get("/users/me").await.expect(200).json();
    let root = registry.admin.get("/users/me").await.expect(200).json();

    // Submitted: pending, nobody's server yet.
    let draft = draft_with(
        &upstream.url(),
        "Test Bench",
        &json!({
            "description": "Echoes.\nAnd adds.",
            "available_tools": [{ "name": "echo", "version": "1", "x-own": { "kept": [1.5] } }],
            "alias": "bench",
        }),
    );
    let answer = registry.user.post("/registrations", &draft).await.expect(201);
    let submitted = answer.json();
    let path = path_of(&submitted);
    assert_eq!(answer.header("location"), path);
    for (member, value) in draft.as_object().unwrap() {
        assert_eq!(&submitted[member], value, "{member}");
    }
    assert_eq!(submitted["status"], "Pending");
    assert_eq!(submitted["submitter_id"], me["user_id"]);
    for member in ["approver_id", "approved_at", "server_id", "mcp_url", "reason", "reviewed"] {
        assert_eq!(submitted[member], Value::Null, "{member}");
    }

    // Waiting for the administrator, with what the upstream really offers.
    let waiting = registry.admin.get("/registrations?status=Pending").await.expect(200);
    assert_eq!(path_of(&rows(&waiting)[0]), path);
    let candidate = once_discovery(&registry.admin, &path, "complete").await;
    let digest = text(&candidate["discovery"], "manifest_digest").to_owned();
    let manifest = registry.admin.get(&format!("{path}/manifest")).await.expect(200).json();
    assert_eq!((&manifest["digest"], &manifest["pinned_digest"]), (&json!(digest), &Value::Null));
    let tools = manifest["definitions"]["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["name"] == "echo" && tool["inputSchema"].is_object()));
    assert_eq!(manifest["definitions"]["prompts"].as_array().unwrap().len(), 1);

    // Approved, with the digest that was read.
    let decision =
        json!({ "status": "Approved", "reason": "looks good", "manifest_digest": digest });
    let approved = decide(&registry.admin, &path, &decision).await.expect(200).json();
    for (member, value) in [
        ("status", json!("Approved")),
        ("approver_id", root["user_id"].clone()),
        ("reason", json!("looks good")),
        ("alias", json!("bench")),
        ("mcp_url", json!(mcp_url(&registry.program, "bench"))),
        ("manifest_digest", json!(digest)),
        ("reviewed", json!(true)),
    ] {
        assert_eq!(approved[member], value, "{member}");
    }
    assert!(!text(&approved, "server_id").is_empty());
    assert!(text(&approved, "approved_at").ends_with('Z'));

    // Callable where the registration says.
    let caller = token(&registry.program, json!({ "subject": "ada" })).await;
    let server = Api::new(text(&approved, "mcp_url")).with_token(&caller);
    let echoed = eventually("the gateway serves the server", async || {
        let answer = server.call_tool("", "echo", json!({ "text": "hello" })).await;
        (answer.status == 200).then(|| answer.rpc())
    })
    .await;
    assert_eq!(echoed["result"]["content"][0]["text"], "hello", "{echoed}");
}

#[tokio::test]
async fn a_rejected_server_says_why_and_is_never_served() {
    let registry = Registry::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let draft = draft_with(&upstream.url(), "Refused", &json!({ "alias": "refused" }));
    let path = submit(&registry.user, &draft).await;
    let decision = json!({ "status": "Rejected", "reason": "no owner" });
    let rejected = decide(&registry.admin, &path, &decision).await.expect(200).json();
    assert_eq!(
        (&rejected["status"], &rejected["reason"]),
        (&json!("Rejected"), &json!("no owner"))
    );
    assert!(!rejected["approver_id"].is_null());
    assert_eq!((&rejected["server_id"], &rejected["mcp_url"]), (&Value::Null, &Value::Null));
    let caller = token(&registry.program, json!({ "subject": "ada" })).await;
    let gateway = Api::gateway(&registry.program).with_token(&caller);
    gateway.mcp("/servers/refused/mcp", "tools/list", json!({})).await.expect(404);
}

#[tokio::test]
async fn what_was_registered_is_still_there_after_a_restart() {
    let mut registry = Registry::start().await;
    let kept = crate::support::submit_dead(&registry.user, "kept").await;
    let refused = crate::support::submit_dead(&registry.user, "refused").await;
    approve(&registry.admin, &kept).await;
    reject(&registry.admin, &refused).await;
    let before = registry.user.get(&kept).await.expect(200).json();
    registry.program.kill();
    let again = registry.program.start_again().await;
    let user = Api::service(&again).with_token(&token(&again, json!({ "subject": "ada" })).await);
    let after = user.get(&kept).await.expect(200).json();
    for member in ["status", "submitter_id", "approver_id", "approved_at", "server_id", "alias"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(user.get(&refused).await.expect(200).json()["status"], "Rejected");
}
