//! Behaviours of a server's fields.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::caller::ApiMode;
use crate::endpoint::EgressPolicy;
use crate::manifest::DefinitionKind;

fn policy() -> RegistryPolicy {
    RegistryPolicy {
        four_eyes: false,
        egress: EgressPolicy::Development,
        drift: crate::manifest::DriftPolicy::Withhold,
        alias_quarantine: Duration::ZERO,
        api_mode: ApiMode::Open,
        require_approval: false,
        protect_admin_reads: false,
        enable_legacy_sse: false,
        api_keys: false,
        inline_discovery: Duration::ZERO,
    }
}

fn draft() -> ServerDraft {
    ServerDraft {
        name: "files".into(),
        endpoint_url: "https://files.example.com/mcp".into(),
        ..ServerDraft::default()
    }
}

fn checked(draft: ServerDraft) -> ServerContent {
    ServerContent::check(draft, &policy()).unwrap()
}

/// Where each violation is and which rule it names.
fn refused(draft: ServerDraft) -> Vec<String> {
    let violations = ServerContent::check(draft, &policy()).unwrap_err();
    violations
        .into_iter()
        .map(|violation| {
            let shown = violation.to_string();
            let place = shown.split(' ').next().unwrap_or_default().to_owned();
            format!("{place}: {}", violation.rule)
        })
        .collect()
}

#[test]
fn what_is_not_said_has_its_default() {
    let content = checked(draft());
    assert_eq!(content.version, "1.0.0");
    assert_eq!(content.transport, Transport::Http);
    assert!(content.auto_discover && content.tags.is_empty() && content.capabilities.is_empty());
    assert_eq!((content.description, content.tenant, content.alias), (None, None, None));
}

#[test]
fn every_field_that_breaks_its_rule_is_named() {
    let broken = ServerDraft {
        name: " ".into(),
        endpoint_url: "ftp://files.example.com".into(),
        transport_type: Some("stdio".into()),
        version: Some("v".repeat(51)),
        description: Some("d".repeat(1001)),
        capabilities: json!(7),
        tags: json!(["ok", "", 3]),
        tenant_id: Some("a~b".into()),
        alias: Some("A".into()),
        ..ServerDraft::default()
    };
    assert_eq!(
        refused(broken),
        [
            "name: string_blank",
            "endpoint_url: url_scheme",
            "transport_type: enum",
            "version: string_too_long",
            "description: string_too_long",
            "capabilities: object_type",
            "tags[1]: string_too_short",
            "tags[2]: string_type",
            "tenant_id: string_pattern_mismatch",
            "alias: string_pattern_mismatch",
        ]
    );
}

#[test]
fn a_transport_must_suit_its_address() {
    let over = |transport: &str, url: &str| ServerDraft {
        transport_type: Some(transport.into()),
        endpoint_url: url.into(),
        ..draft()
    };
    for url in ["ws://a.example", "wss://a.example", "http://a.example", "https://a.example"] {
        assert_eq!(checked(over("websocket", url)).transport, Transport::Websocket, "{url}");
    }
    assert_eq!(refused(over("http", "wss://a.example")), ["endpoint_url: url_scheme"]);
    assert_eq!(refused(over("sse", "https://a.example")), ["transport_type: enum"]);
    let with_sse = RegistryPolicy { enable_legacy_sse: true, ..policy() };
    assert!(ServerContent::check(over("sse", "https://a.example"), &with_sse).is_ok());
}

#[test]
fn tags_come_as_an_array_or_as_an_object_and_keep_their_order() {
    let tags = |said: Value| checked(ServerDraft { tags: said, ..draft() }).tags;
    assert_eq!(tags(json!(["b", "a", "b"])), ["b", "a"]);
    assert_eq!(tags(json!({"b": true, "no": false, "a": 1, "zero": 0, "null": null})).len(), 2);
    let many: Vec<String> = (0..51).map(|number| format!("t{number}")).collect();
    assert_eq!(refused(ServerDraft { tags: json!(many), ..draft() }), ["tags: too_long"]);
    assert_eq!(refused(ServerDraft { tags: json!("a,b"), ..draft() }), ["tags: list_type"]);
}

#[test]
fn capabilities_come_as_an_object_or_as_names_of_tools() {
    let capabilities = |said: Value| {
        Value::Object(checked(ServerDraft { capabilities: said, ..draft() }).capabilities)
    };
    let tools = json!({"tools": ["a", "b"]});
    assert_eq!(capabilities(json!(["a", "b"])), tools);
    assert_eq!(capabilities(json!(" a , b ,")), tools);
    assert_eq!(capabilities(json!({"deep": {"er": [1]}})), json!({"deep": {"er": [1]}}));
    let large = json!({"text": "x".repeat(70_000)});
    assert_eq!(refused(ServerDraft { capabilities: large, ..draft() }), ["capabilities: too_long"]);
    let deep = (0..40).fold(json!({}), |inner, _| json!({"in": inner}));
    assert_eq!(refused(ServerDraft { capabilities: deep, ..draft() }), ["capabilities: too_deep"]);
}

#[test]
fn a_server_that_is_not_asked_offers_what_it_declares() {
    let silent =
        |said: Value| ServerDraft { capabilities: said, auto_discover: Some(false), ..draft() };
    let content = checked(silent(json!({
        "tools": ["read", {"name": "write", "description": "Writes"}],
        "resources": ["file:///a", "file:///{path}"],
    })));
    let manifest = content.declared().unwrap();
    let names = |kind| manifest.of(kind).map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(DefinitionKind::Tool), ["read", "write"]);
    assert_eq!(names(DefinitionKind::Resource), ["file:///a"]);
    assert_eq!(names(DefinitionKind::ResourceTemplate), ["file:///{path}"]);
    assert_eq!(checked(silent(json!({"tools": {"listChanged": true}}))).declared(), None);
    assert_eq!(refused(silent(json!({"tools": [""]}))), ["capabilities.tools[0]: value_error"]);
}
