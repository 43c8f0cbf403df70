//! Every field's rule, broken alone: 422 that names the field and the rule.

use serde_json::{Value, json};

use crate::support::{
    Registry, assert_breaks, assert_problem, dead_url, decide, draft, draft_with, submit_dead,
};

/// Submits one draft per case, each with one member that breaks its rule.
async fn refused(cases: &[(&str, Value, &str, &str)]) {
    let registry = Registry::start().await;
    for (member, value, loc, rule) in cases {
        let draft = draft_with(&dead_url("a"), "Weather", &json!({ *member: value }));
        let answer = registry.user.post("/registrations", &draft).await;
        assert_breaks(&answer, &format!("body.{loc}"), rule);
    }
    let list = registry.user.get("/registrations").await.expect(200).json();
    assert_eq!(list["total"], 0, "nothing that was refused is kept");
}

#[tokio::test]
async fn an_endpoint_url_has_to_be_an_http_address_without_secrets() {
    const URL: &str = "endpoint_url";
    let long = format!("http://127.0.0.1:1/{}", "x".repeat(2048));
    refused(&[
        (URL, json!("ftp://mcp.example.com/"), URL, "url_scheme"),
        (URL, json!("file:///etc/passwd"), URL, "url_scheme"),
        (URL, json!("javascript:alert(1)"), URL, "url_scheme"),
        (URL, json!("garbage"), URL, "url_parsing"),
        (URL, json!(""), URL, "url_parsing"),
        (URL, json!("/mcp"), URL, "url_parsing"),
        (URL, json!("http://"), URL, "url_parsing"),
        (URL, json!("http://127.0.0.1:99999/"), URL, "url_parsing"),
        (URL, json!("http://127.0.0.1/a b"), URL, "url_parsing"),
        (URL, json!("http://127.0.0.1/\r\nX: y"), URL, "url_parsing"),
        (URL, json!("http://user:secret@127.0.0.1:1/mcp"), URL, "url_credentials"),
        (URL, json!("http://user@127.0.0.1:1/mcp"), URL, "url_credentials"),
        (URL, json!("http://127.0.0.1:1/mcp#part"), URL, "url_fragment"),
        (URL, json!(long), URL, "string_too_long"),
    ])
    .await;
}

#[tokio::test]
async fn texts_have_their_bounds_in_characters() {
    refused(&[
        ("endpoint_name", json!("ab"), "endpoint_name", "string_too_short"),
        ("endpoint_name", json!("ä".repeat(201)), "endpoint_name", "string_too_long"),
        ("endpoint_name", json!("   "), "endpoint_name", "string_blank"),
        ("endpoint_name", json!("a\u{7}bc"), "endpoint_name", "string_not_printable"),
        ("description", json!("ä".repeat(1001)), "description", "string_too_long"),
        ("description", json!("a\u{0}b"), "description", "string_not_printable"),
        ("owner_contact", json!(""), "owner_contact", "string_too_short"),
        ("owner_contact", json!("   "), "owner_contact", "string_blank"),
        ("owner_contact", json!("ä".repeat(256)), "owner_contact", "string_too_long"),
        ("owner_contact", json!("a\nb"), "owner_contact", "string_not_printable"),
    ])
    .await;
}

#[tokio::test]
async fn texts_at_their_bounds_are_accepted() {
    let registry = Registry::start().await;
    for (name, members) in [
        ("abc".to_owned(), json!({ "owner_contact": "x", "description": null, "alias": null })),
        (
            "ä".repeat(200),
            json!({
                "owner_contact": "ä".repeat(255), "description": "ä".repeat(1000),
                "available_tools": null, "alias": "a".repeat(24),
            }),
        ),
    ] {
        let draft = draft_with(&dead_url(&name.len().to_string()), &name, &members);
        let kept = registry.user.post("/registrations", &draft).await.expect(201).json();
        for member in ["endpoint_name", "owner_contact", "description", "alias"] {
            assert_eq!(kept[member], draft[member], "{member}");
        }
    }
    let many = draft_with(
        &dead_url("many"),
        "Many tools",
        &json!({ "available_tools": vec![json!({ "name": "t" }); 1000] }),
    );
    registry.user.post("/registrations", &many).await.expect(201);
}

#[tokio::test]
async fn tools_are_a_list_of_named_objects() {
    const TOOLS: &str = "available_tools";
    let (first, second) = ("available_tools.0", "available_tools.1");
    let name = format!("{first}.name");
    let good = json!({ "name": "good" });
    refused(&[
        (TOOLS, json!({ "name": "echo" }), TOOLS, "list_type"),
        (TOOLS, json!("echo"), TOOLS, "list_type"),
        (TOOLS, json!(["echo"]), first, "object_type"),
        (TOOLS, json!([good, 5]), second, "object_type"),
        (TOOLS, json!([{}]), &name, "missing"),
        (TOOLS, json!([{ "name": null }]), &name, "missing"),
        (TOOLS, json!([{ "name": 7 }]), &name, "string_type"),
        (TOOLS, json!([{ "name": "" }]), &name, "string_too_short"),
        (TOOLS, json!([{ "name": " " }]), &name, "string_blank"),
        (TOOLS, json!([{ "name": "a", "version": 2 }]), "available_tools.0.version", "string_type"),
        (
            TOOLS,
            json!([good, { "name": "a", "description": 2 }]),
            "available_tools.1.description",
            "string_type",
        ),
        (TOOLS, json!(vec![good.clone(); 1001]), TOOLS, "too_long"),
    ])
    .await;
}

#[tokio::test]
async fn an_alias_is_fit_for_an_address() {
    let cases =
        ["", "Upper", "has space", "-first", "under_score", "ümlaut", "a/b", &"a".repeat(25)]
            .map(|alias| ("alias", json!(alias), "alias", "string_pattern_mismatch"));
    refused(&cases).await;
}

#[tokio::test]
async fn every_member_has_its_json_type() {
    refused(&[
        ("endpoint_url", json!(5), "endpoint_url", "string_type"),
        ("endpoint_name", json!(null), "endpoint_name", "string_type"),
        ("endpoint_name", json!(["Weather"]), "endpoint_name", "string_type"),
        ("owner_contact", json!({}), "owner_contact", "string_type"),
        ("description", json!([]), "description", "string_type"),
        ("alias", json!(true), "alias", "string_type"),
    ])
    .await;
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let registry = Registry::start().await;
    let answer = registry.user.post("/registrations", &json!({})).await;
    let body = assert_problem(&answer, 422, "VALIDATION_ERROR");
    let missing: Vec<&Value> = body["errors"].as_array().unwrap().iter().collect();
    assert_eq!(missing.len(), 3, "{body}");
    assert!(missing.iter().all(|error| error["type"] == "missing"), "{body}");
    let bad = json!({ "endpoint_url": "x", "endpoint_name": "y", "owner_contact": "" });
    let answer = registry.user.post("/registrations", &bad).await;
    let body = assert_problem(&answer, 422, "VALIDATION_ERROR");
    assert_eq!(body["errors"].as_array().unwrap().len(), 3, "{body}");
    for not_an_object in [json!([]), json!("x"), json!(null)] {
        let answer = registry.user.post("/registrations", &not_an_object).await;
        assert_breaks(&answer, "body", "object_type");
    }
}

#[tokio::test]
async fn an_edit_keeps_the_rules_of_a_submission() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "kept").await;
    let answer = registry.user.put(&path, &draft(&dead_url("kept"), "ab")).await;
    assert_breaks(&answer, "body.endpoint_name", "string_too_short");
    assert_eq!(registry.user.get(&path).await.json()["endpoint_name"], "kept");
}

#[tokio::test]
async fn a_decision_is_one_of_two_words_and_its_reason_is_short() {
    let registry = Registry::start().await;
    let path = submit_dead(&registry.user, "open").await;
    let long = "ä".repeat(501);
    for (decision, loc, rule) in [
        (json!({ "status": "approved" }), "status", "enum"),
        (json!({ "status": "Pending" }), "status", "enum"),
        (json!({ "status": "" }), "status", "enum"),
        (json!({ "status": true }), "status", "string_type"),
        (json!({}), "status", "missing"),
        (json!({ "status": "Approved", "reason": long }), "reason", "string_too_long"),
        (json!({ "status": "Rejected", "reason": long }), "reason", "string_too_long"),
        (json!({ "status": "Rejected", "reason": 1 }), "reason", "string_type"),
        (json!({ "status": "Approved", "alias": "No!" }), "alias", "string_pattern_mismatch"),
        (
            json!({ "status": "Approved", "manifest_digest": "sha256:1" }),
            "manifest_digest",
            "string_pattern_mismatch",
        ),
    ] {
        let answer = decide(&registry.admin, &path, &decision).await;
        assert_breaks(&answer, &format!("body.{loc}"), rule);
    }
    assert_eq!(registry.user.get(&path).await.json()["status"], "Pending");
    let longest = json!({ "status": "Rejected", "reason": "ä".repeat(500) });
    decide(&registry.admin, &path, &longest).await.expect(200);
}
