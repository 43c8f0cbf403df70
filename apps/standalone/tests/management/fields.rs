//! Every field's rule, and each form that a field may come in.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Registry, SERVERS, assert_breaks, assert_problem, listed, locations, register, request, server,
    server_with,
};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

#[tokio::test]
async fn a_field_that_breaks_its_rule_is_named() {
    let registry = Registry::start().await;
    let long = "x".repeat(300);
    for (member, value, loc) in [
        ("name", json!(""), "name"),
        ("name", json!("   "), "name"),
        ("name", json!("x".repeat(101)), "name"),
        ("name", json!("a\u{0}b"), "name"),
        ("name", json!(5), "name"),
        ("endpoint_url", json!("ftp://example.com/"), "endpoint_url"),
        ("endpoint_url", json!("file:///etc/passwd"), "endpoint_url"),
        ("endpoint_url", json!("garbage"), "endpoint_url"),
        ("endpoint_url", json!("http://user:pw@127.0.0.1/"), "endpoint_url"),
        ("endpoint_url", json!("ws://127.0.0.1:1/a"), "endpoint_url"),
        ("endpoint_url", json!(null), "endpoint_url"),
        ("transport_type", json!("stdio"), "transport_type"),
        ("transport_type", json!("carrier-pigeon"), "transport_type"),
        ("transport_type", json!("sse"), "transport_type"),
        ("transport_type", json!(1), "transport_type"),
        ("version", json!(""), "version"),
        ("version", json!("x".repeat(51)), "version"),
        ("description", json!("x".repeat(1001)), "description"),
        ("capabilities", json!(5), "capabilities"),
        ("tags", json!(5), "tags"),
        ("tags", json!(["a".repeat(51)]), "tags.0"),
        ("tags", json!(["ok", 7]), "tags.1"),
        ("auto_discover", json!("yes"), "auto_discover"),
        ("tenant_id", json!(long), "tenant_id"),
        ("alias", json!("Not An Alias"), "alias"),
    ] {
        let sent = server_with("a", &json!({ member: value }));
        let answer = registry.anyone.post(SERVERS, &sent).await;
        assert_eq!(answer.status, 422, "{member}: {value}: {}", answer.text());
        assert_breaks(&answer, &format!("body.{loc}"));
    }
    assert_eq!(listed(&registry.anyone, "").await, [""; 0], "nothing that was refused is kept");
}

#[tokio::test]
async fn all_that_is_missing_is_named_at_once() {
    let registry = Registry::start().await;
    let answer = registry.anyone.post(SERVERS, &json!({})).await;
    let body = assert_problem(&answer, 422, "VALIDATION_ERROR");
    assert_eq!(locations(&body["errors"]), ["body.name", "body.endpoint_url"]);
}

#[tokio::test]
async fn each_transport_takes_its_addresses() {
    let registry = Registry::start().await;
    for (name, url, transport) in [
        ("a", "http://127.0.0.1:1/a", "http"),
        ("b", "https://127.0.0.1:1/b", "http"),
        ("c", "ws://127.0.0.1:1/c", "websocket"),
        ("d", "wss://127.0.0.1:1/d", "websocket"),
        ("e", "http://127.0.0.1:1/e", "websocket"),
    ] {
        let sent = server_with(name, &json!({ "endpoint_url": url, "transport_type": transport }));
        let made = register(&registry.anyone, &sent).await;
        assert_eq!(
            (&made["endpoint_url"], &made["transport_type"]),
            (&json!(url), &json!(transport))
        );
    }
}

#[tokio::test]
async fn tags_and_capabilities_come_in_several_forms_and_leave_in_one() {
    let registry = Registry::start().await;
    for (name, sent, tags) in [
        ("list", json!(["b", "a", "b"]), json!(["b", "a"])),
        ("map", json!({ "prod": true, "old": false }), json!(["prod"])),
        ("null", json!(null), json!([])),
    ] {
        let made = register(&registry.anyone, &server_with(name, &json!({ "tags": sent }))).await;
        assert_eq!(made["tags"], tags, "{name}");
    }
    for (name, sent, capabilities) in [
        ("object", json!({ "any": 1.50 }), json!({ "any": 1.50 })),
        ("names", json!(["read", "write"]), json!({ "tools": ["read", "write"] })),
        ("words", json!("read, write"), json!({ "tools": ["read", "write"] })),
        ("absent", json!(null), json!({})),
    ] {
        let sent = server_with(name, &json!({ "capabilities": sent }));
        let made = register(&registry.anyone, &sent).await;
        assert_eq!(made["capabilities"], capabilities, "{name}");
    }
}

#[tokio::test]
async fn what_looks_like_sql_or_markup_is_only_text() {
    let registry = Registry::start().await;
    for name in ["'; DROP TABLE servers; --", "100%_\\", "<script>alert(1)</script>", "Ünïcode 🦀"]
    {
        let made = register(
            &registry.anyone,
            &server_with("x", &json!({ "name": name, "description": name, "tags": [name] })),
        )
        .await;
        assert_eq!((&made["name"], &made["tags"]), (&json!(name), &json!([name])));
    }
    assert_eq!(listed(&registry.anyone, "search=%25_").await, ["100%_\\"]);
    assert_eq!(listed(&registry.anyone, "name=%27%3B+DROP+TABLE+servers%3B+--").await.len(), 1);
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored_and_odd_json_is_refused() {
    let registry = Registry::start().await;
    register(&registry.anyone, &server_with("kind", &json!({ "x-own": { "deep": [1] } }))).await;

    // Nobody can say which of the two was meant; the next reader might take the other.
    let twice = r#"{"name":"first","name":"last","transport_type":"http",
        "endpoint_url":"http://127.0.0.1:1/twice","auto_discover":false}"#;
    let twice = registry.anyone.request(SERVERS, request(Method::POST, &JSON, twice)).await;
    assert_problem(&twice, 400, "MALFORMED_JSON");
    assert!(twice.text().contains("name"), "{}", twice.text());
    let within = r#"{"name":"deep","endpoint_url":"http://127.0.0.1:1/twice",
        "capabilities":{"tools":[{"a":1,"a":1}]}}"#;
    let within = registry.anyone.request(SERVERS, request(Method::POST, &JSON, within)).await;
    assert_problem(&within, 400, "MALFORMED_JSON");

    for broken in [r#"{"name":"\ud800"}"#, "{", "", "\u{feff}{}", r#"{"name":NaN}"#] {
        let answer = registry.anyone.request(SERVERS, request(Method::POST, &JSON, broken)).await;
        assert_problem(&answer, 400, "MALFORMED_JSON");
    }
    let deep = format!(r#"{{"capabilities":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let answer = registry.anyone.request(SERVERS, request(Method::POST, &JSON, deep)).await;
    assert_problem(&answer, 400, "MALFORMED_JSON");

    let huge = json!({ "capabilities": { "n": 123_456_789_012_345_678_u64, "f": 1e300 } });
    let made = register(&registry.anyone, &server_with("huge", &huge)).await;
    assert_eq!(made["capabilities"], huge["capabilities"]);
}

#[tokio::test]
async fn capabilities_have_a_bound() {
    let registry = Registry::start().await;
    let large = json!({ "capabilities": { "text": "x".repeat(70_000) } });
    let answer = registry.anyone.post(SERVERS, &server_with("large", &large)).await;
    assert_breaks(&answer, "body.capabilities");
}

#[tokio::test]
async fn a_list_in_the_place_of_a_server_is_shown_the_way_to_bulk() {
    let registry = Registry::start().await;
    let answer = registry.anyone.post(SERVERS, &json!([server("a")])).await;
    let body = assert_problem(&answer, 422, "VALIDATION_ERROR");
    assert!(body["detail"].as_str().unwrap().contains("/api/v1/servers/bulk"), "{body}");
    let words = registry.anyone.post(SERVERS, &Value::from("a")).await;
    assert_problem(&words, 422, "VALIDATION_ERROR");
}
