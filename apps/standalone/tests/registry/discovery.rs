//! What reviewers are shown of the upstream, also when there is nothing to see.

use std::net::TcpListener;

use registry_testkit::{
    Api, eventually, token,
    upstreams::{Reply, RmcpOptions, RmcpServer, Scripted},
};
use serde_json::{Value, json};

use crate::support::{
    Registry, approve, draft, draft_with, once_discovery, submit, submit_dead, text,
};

#[tokio::test]
async fn an_upstream_that_is_not_there_is_shown_as_unreachable() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "gone").await;
    let shown = once_discovery(&registry.user, &path, "failed").await;
    assert_eq!(shown["status"], "Pending");
    assert_eq!(shown["discovery"]["fault_class"], "unreachable");
    assert!(!text(&shown["discovery"], "detail").is_empty());
    assert!(shown["discovery"]["checked_at"].is_string());
    let manifest = registry.user.get(&format!("{path}/manifest")).await.expect(200).json();
    assert_eq!((&manifest["state"], &manifest["digest"]), (&json!("failed"), &Value::Null));
    assert_eq!(manifest["fault"]["class"], "unreachable");
    assert_eq!(manifest["definitions"]["tools"], json!([]));
}

#[tokio::test]
async fn a_web_page_is_told_from_an_mcp_server() {
    let registry = Registry::start().await;
    let page = Scripted::start(|_| Reply::new(200, "text/html", "<h1>It works!</h1>"));
    let path = submit(&registry.user, &draft(&page.url(), "Web page")).await;
    let shown = once_discovery(&registry.user, &path, "failed").await;
    assert_eq!(shown["discovery"]["fault_class"], "not_mcp", "{shown}");
}

#[tokio::test]
async fn an_edit_to_another_address_is_discovered_anew() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "typo").await;
    once_discovery(&registry.user, &path, "failed").await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    registry.user.put(&path, &draft(&upstream.url(), "typo")).await.expect(200);
    let shown = once_discovery(&registry.user, &path, "complete").await;
    assert!(text(&shown["discovery"], "manifest_digest").starts_with("sha256:"));
}

#[tokio::test]
async fn a_server_approved_unseen_gets_its_first_manifest_pinned_as_unreviewed() {
    let registry = Registry::with(&[("MREG_HEALTH_CHECK_INTERVAL", "1")]).await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/mcp");
    let late = draft_with(&url, "Late riser", &json!({ "alias": "late" }));
    let path = submit(&registry.user, &late).await;
    once_discovery(&registry.user, &path, "failed").await;

    let approved = approve(&registry.admin, &path).await;
    assert_eq!(approved["status"], "Approved");
    assert_eq!(
        (&approved["manifest_digest"], &approved["reviewed"]),
        (&Value::Null, &json!(false))
    );

    let _upstream = RmcpServer::start(RmcpOptions { port, ..RmcpOptions::default() });
    let pinned = eventually("the first manifest is pinned", async || {
        let shown = registry.user.get(&path).await.expect(200).json();
        shown["manifest_digest"].is_string().then_some(shown)
    })
    .await;
    assert_eq!(pinned["reviewed"], false, "{pinned}");
    let caller = token(&registry.program, json!({ "subject": "ada" })).await;
    let gateway = Api::gateway(&registry.program).with_token(&caller);
    eventually("the gateway serves it", async || {
        let echo = json!({ "text": "good morning" });
        let answer = gateway.call_tool("/servers/late/mcp", "echo", echo).await;
        (answer.status == 200 && answer.rpc().get("result").is_some()).then_some(())
    })
    .await;
}
