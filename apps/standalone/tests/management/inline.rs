//! What a new server offers: read at once where that is quick, else in the background.

use registry_testkit::upstreams::{
    Gate, Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake,
};
use registry_testkit::{Api, eventually};
use serde_json::{Value, json};

use crate::support::{Registry, names, offering, path_of, register, server_with, text};

fn at(name: &str, url: &str) -> Value {
    server_with(name, &json!({ "endpoint_url": url, "auto_discover": true }))
}

async fn tools_of(api: &Api, server: &Value) -> Vec<String> {
    let path = format!("{}?include_tools=true", path_of(server));
    names(&api.get(&path).await.expect(200).json()["tools"])
}

/// Settings under which a machine that is slow today does not change the answer.
const PATIENT: (&str, &str) = ("MREG_DISCOVERY_INLINE_BUDGET_MS", "20000");

#[tokio::test]
async fn what_a_live_server_offers_is_there_with_the_answer() {
    let registry = Registry::with(&[PATIENT]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let made = register(&registry.anyone, &at("live", &upstream.url())).await;
    assert_eq!(made["discovery"], "complete");
    let tools = tools_of(&registry.anyone, &made).await;
    assert!(tools.contains(&"echo".to_owned()), "{tools:?}");
}

#[tokio::test]
async fn a_server_that_hangs_is_listed_and_read_once_it_answers() {
    let settings =
        [("MREG_DISCOVERY_INLINE_BUDGET_MS", "100"), ("MREG_HEALTH_CHECK_INTERVAL", "1")];
    let registry = Registry::with(&settings).await;
    let gate = Gate::new();
    let waits = gate.clone();
    let upstream = Scripted::start(move |request| {
        let answer = answer_handshake(request).unwrap_or_else(|| Reply::bytes().hang());
        Reply::bytes().wait(&waits).then(answer)
    });
    let made = register(&registry.anyone, &at("late", &upstream.url())).await;
    assert_eq!(made["discovery"], "pending");
    assert_eq!(tools_of(&registry.anyone, &made).await, [""; 0]);
    gate.open_for_all();
    eventually("the server's tools are there", async || {
        let tools = tools_of(&registry.anyone, &made).await;
        (tools == ["echo"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_listed_all_the_same() {
    let registry = Registry::with(&[PATIENT]).await;
    let made = register(&registry.anyone, &at("gone", "http://127.0.0.1:1/mcp")).await;
    assert_eq!(made["discovery"], "failed");
}

#[tokio::test]
async fn a_server_that_is_not_to_be_asked_is_not_asked() {
    let registry = Registry::start().await;
    let upstream = offering(&["read"], &[]);
    let silent = json!({ "endpoint_url": upstream.url(), "auto_discover": false });
    let made = register(&registry.anyone, &server_with("silent", &silent)).await;
    assert_eq!(made["discovery"], "skipped");
    // Another one on the same path, asked and answered: the job had its turn by then.
    let other = offering(&["other"], &[]);
    let asked = register(&registry.anyone, &at("asked", &other.url())).await;
    eventually("the other server's tools are there", async || {
        (tools_of(&registry.anyone, &asked).await == ["other"]).then_some(())
    })
    .await;
    // That it lives is looked after all the same; what it offers is not asked for.
    for method in ["tools/list", "resources/list", "prompts/list"] {
        assert!(upstream.requests_of(method).is_empty(), "{method}");
    }
    assert_eq!(tools_of(&registry.anyone, &made).await, [""; 0]);
}

#[tokio::test]
async fn what_its_owner_declares_is_offered_where_nobody_asks() {
    let registry = Registry::start().await;
    let declared = json!({ "capabilities": { "tools": ["read_file", "stat"] } });
    let made = register(&registry.anyone, &server_with("declared", &declared)).await;
    assert_eq!(tools_of(&registry.anyone, &made).await, ["read_file", "stat"]);
}

#[tokio::test]
async fn a_replacement_with_another_address_is_read_anew() {
    let registry = Registry::with(&[PATIENT]).await;
    let (old, new) = (offering(&["old"], &[]), offering(&["new"], &[]));
    let made = register(&registry.anyone, &at("moves", &old.url())).await;
    assert_eq!(tools_of(&registry.anyone, &made).await, ["old"]);
    registry.anyone.put(&path_of(&made), &at("moves", &new.url())).await.expect(200);
    eventually("the new address's tools are there", async || {
        (tools_of(&registry.anyone, &made).await == ["new"]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_of_an_anonymous_caller_is_not_served_by_the_gateway() {
    let registry = Registry::with(&[PATIENT]).await;
    let upstream = offering(&["read"], &[]);
    let made = register(&registry.anyone, &at("strange", &upstream.url())).await;
    let admin = registry.admin().await;
    let vouched = register(&admin, &at("vouched", &upstream.url())).await;
    let token = registry_testkit::token(&registry.program, json!({ "roles": ["admin"] })).await;
    let gateway = Api::gateway(&registry.program).with_token(&token);
    let reach = async |server: &Value| {
        let path = format!("/servers/{}/mcp", text(server, "alias"));
        gateway.mcp_legacy(&path, None, "tools/list", json!({})).await.status.as_u16()
    };
    eventually("the administrator's server is reachable", async || {
        (reach(&vouched).await == 200).then_some(())
    })
    .await;
    assert_eq!(reach(&made).await, 404);
}
