//! Addresses that a registry never calls on somebody else's word.

use crate::support::{Registry, assert_breaks, draft, submit_dead};

const RULE: &str = "url_address_forbidden";

async fn forbidden(registry: &Registry, urls: &[&str]) {
    for url in urls {
        let answer = registry.user.post("/registrations", &draft(url, "Metadata")).await;
        assert_eq!(answer.status, 422, "{url}: {}", answer.text());
        assert_breaks(&answer, "body.endpoint_url", RULE);
    }
}

#[tokio::test]
async fn link_local_and_metadata_addresses_are_refused_in_every_spelling() {
    let registry = Registry::start().await;
    forbidden(
        &registry,
        &[
            "http://169.254.169.254/latest/meta-data/",
            "http://169.254.0.1/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::1]/",
        ],
    )
    .await;
}

#[tokio::test]
async fn an_edit_does_not_lead_where_a_submission_may_not() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "turncoat").await;
    let turned = draft("http://169.254.169.254/", "turncoat");
    assert_breaks(&registry.user.put(&path, &turned).await, "body.endpoint_url", RULE);
}

#[tokio::test]
async fn in_production_our_own_machine_and_network_are_refused_too() {
    let registry = Registry::with(&[("MREG_EGRESS_POLICY", "production")]).await;
    forbidden(
        &registry,
        &[
            "http://127.0.0.1/mcp",
            "http://127.1/mcp",
            "http://localhost",
            "http://LOCALHOST:8080/mcp",
            "http://localhost./mcp",
            "http://mcp.localhost/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[fd00::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/",
        ],
    )
    .await;
}
