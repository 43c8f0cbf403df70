//! Each message against the JSON that it has to be.

use serde_json::{Value, json};

use super::*;
use crate::envelope::{Envelope, MessageKind};
use crate::front::{Front, FrontHeaders};
use crate::params::CallParams;
use crate::revision::{Era, Revision};

const GATEWAY: Implementation<'static> = Implementation { name: "gate\"way", version: "1.2" };

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn gateway() -> Value {
    json!({"name": "gate\"way", "version": "1.2"})
}

fn client_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": gateway(),
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn server_meta() -> Value {
    json!({"io.modelcontextprotocol/serverInfo": gateway()})
}

#[test]
fn the_handshake_asks_for_a_revision_and_declares_nothing() {
    assert_eq!(
        value(&initialize_request(-1, Revision::V2025_11_25, "{}", GATEWAY)),
        json!({"jsonrpc": "2.0", "id": -1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": gateway(),
        }})
    );
    assert_eq!(
        value(&initialized_notification()),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
    );
}

#[test]
fn a_modern_request_says_who_sends_it_and_a_legacy_one_does_not() {
    assert_eq!(
        value(&discover_request(1, GATEWAY)),
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover",
            "params": {"_meta": client_meta()}})
    );
    for (cursor, era, params) in [
        (None, Era::Legacy, json!({})),
        (Some("a\"b"), Era::Legacy, json!({"cursor": "a\"b"})),
        (None, Era::Modern, json!({"_meta": client_meta()})),
        (Some("c"), Era::Modern, json!({"cursor": "c", "_meta": client_meta()})),
    ] {
        assert_eq!(
            value(&list_request(2, "tools/list", cursor, era, GATEWAY)),
            json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": params})
        );
    }
}

#[test]
fn our_own_requests_pass_our_own_front() {
    let bytes = list_request(2, "tools/list", None, Era::Modern, GATEWAY);
    let envelope = Envelope::parse(&bytes).unwrap();
    let headers = FrontHeaders {
        protocol_version: Some("2026-07-28"),
        method: Some("tools/list"),
        ..FrontHeaders::default()
    };
    let params = CallParams::parse(envelope.params).unwrap();
    assert_eq!(Front::of(&headers, &envelope, &params).unwrap().era, Era::Modern);
    let initialized = initialized_notification();
    assert_eq!(Envelope::parse(&initialized).unwrap().kind(), MessageKind::Notification);
}

#[test]
fn a_cancellation_names_the_request_by_its_raw_id() {
    assert_eq!(
        value(&cancelled_notification(r#""g-1""#, Some("client left"))),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": "g-1", "reason": "client left"}})
    );
    assert_eq!(value(&cancelled_notification("7", None))["params"], json!({"requestId": 7}));
    assert_eq!(value(&ping(3)), json!({"jsonrpc": "2.0", "id": 3, "method": "ping"}));
}

#[test]
fn initialize_is_answered_with_revision_capabilities_and_name() {
    let answer =
        initialize_result("\"i\"", Revision::V2025_06_18, r#"{"tools":{}}"#, GATEWAY, Some("hi"));
    assert_eq!(
        value(&answer),
        json!({"jsonrpc": "2.0", "id": "i", "result": {
            "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
            "serverInfo": gateway(), "instructions": "hi",
        }})
    );
    let answer = initialize_result("1", Revision::V2025_06_18, "{}", GATEWAY, None);
    assert_eq!(value(&answer)["result"].get("instructions"), None);
}

#[test]
fn discovery_is_answered_with_all_revisions_and_kept_private() {
    let supported = [Revision::V2026_07_28, Revision::V2025_11_25];
    let answer = discover_result("1", &supported, "{}", 60_000, GATEWAY, Some("hi"));
    assert_eq!(
        value(&answer)["result"],
        json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28", "2025-11-25"],
            "capabilities": {}, "instructions": "hi", "ttlMs": 60_000, "cacheScope": "private",
            "_meta": server_meta(),
        })
    );
}

#[test]
fn an_empty_result_is_empty_only_in_the_legacy_era() {
    assert_eq!(value(&empty_result("1", Era::Legacy, GATEWAY))["result"], json!({}));
    assert_eq!(
        value(&empty_result("1", Era::Modern, GATEWAY))["result"],
        json!({"resultType": "complete", "_meta": server_meta()})
    );
}

#[test]
fn a_list_holds_its_items_byte_for_byte() {
    let items: [&[u8]; 2] = [br#"{"name" : "a","x":1.0}"#, br#"{"name":"b"}"#];
    let list = |era| list_result("1", era, "tools", items, Some("n"), 5, GATEWAY);
    let legacy = list(Era::Legacy);
    assert_eq!(
        legacy,
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name" : "a","x":1.0},{"name":"b"}],"nextCursor":"n"}}"#
    );
    let modern = value(&list(Era::Modern));
    assert_eq!(
        modern["result"],
        json!({
            "resultType": "complete", "tools": [{"name": "a", "x": 1.0}, {"name": "b"}],
            "nextCursor": "n", "ttlMs": 5, "cacheScope": "private", "_meta": server_meta(),
        })
    );
    let none: [&[u8]; 0] = [];
    let empty = list_result("1", Era::Legacy, "prompts", none, None, 5, GATEWAY);
    assert_eq!(value(&empty)["result"], json!({"prompts": []}));
}

#[test]
fn a_tool_error_can_be_read_by_model_and_program() {
    let call = |era, hint| {
        value(&tool_error_result("1", era, "no answer", "TIMEOUT_ERROR", hint, GATEWAY))["result"]
            .clone()
    };
    assert_eq!(
        call(Era::Legacy, "try later"),
        json!({
            "content": [{"type": "text", "text": "no answer\ntry later"}], "isError": true,
            "_meta": {"mcp-registry/error": "TIMEOUT_ERROR"},
        })
    );
    assert_eq!(
        call(Era::Modern, ""),
        json!({
            "content": [{"type": "text", "text": "no answer"}], "isError": true,
            "resultType": "complete",
            "_meta": {
                "io.modelcontextprotocol/serverInfo": gateway(),
                "mcp-registry/error": "TIMEOUT_ERROR",
            },
        })
    );
}
