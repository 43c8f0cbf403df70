//! Params and `_meta` of all shapes.

use super::*;

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn refusal(text: &str) -> WireError {
    CallParams::parse(Some(&raw(text))).unwrap_err()
}

#[test]
fn what_routing_needs_is_read_and_the_rest_left_alone() {
    let text =
        raw(r#"{"name":"a\u002fb","uri":"u","taskId":"t","cursor":"c","requestState":"s","x":[1],
        "protocolVersion":"2025-06-18","arguments":{"n":1.0},"_meta":{"traceparent":"00"}}"#);
    let params = CallParams::parse(Some(&text)).unwrap();
    assert_eq!(params.name.as_deref(), Some("a/b"));
    assert!(matches!(params.uri, Some(Cow::Borrowed("u"))));
    assert_eq!(params.task_id.as_deref(), Some("t"));
    assert_eq!(params.cursor.as_deref(), Some("c"));
    assert_eq!(params.request_state.as_deref(), Some("s"));
    assert_eq!(params.protocol_version.as_deref(), Some("2025-06-18"));
    assert_eq!(params.arguments.map(RawValue::get), Some(r#"{"n":1.0}"#));
    assert_eq!(params.meta.map(RawValue::get), Some(r#"{"traceparent":"00"}"#));
    assert!(params.meta_keys.protocol_version.is_none());
}

#[test]
fn absent_and_null_are_nothing() {
    assert!(CallParams::parse(None).unwrap().name.is_none());
    assert!(CallParams::parse(Some(&raw("null"))).unwrap().meta.is_none());
    let text = raw(r#"{"name":null,"cursor":null,"arguments":null,"_meta":null}"#);
    let params = CallParams::parse(Some(&text)).unwrap();
    assert!(params.name.is_none() && params.cursor.is_none());
    assert!(params.arguments.is_none() && params.meta.is_none());
}

#[test]
fn a_modern_claim_is_read_from_meta() {
    let text =
        raw(r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":7,
        "io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info",
        "io.modelcontextprotocol/clientInfo":{"name":"c"},"vendor.example/x":1}}"#);
    let keys = CallParams::parse(Some(&text)).unwrap().meta_keys;
    assert_eq!(keys.protocol_version.as_deref(), Some("2026-07-28"));
    assert!(keys.has_client_capabilities);
    assert_eq!(keys.client_capabilities.map(RawValue::get), Some("{}"));
    assert_eq!(keys.client_info.map(RawValue::get), Some(r#"{"name":"c"}"#));
    assert_eq!(keys.progress_token.map(RawValue::get), Some("7"));
    assert_eq!(keys.log_level.as_deref(), Some("info"));
}

#[test]
fn capabilities_that_are_no_object_count_as_missing() {
    for value in ["null", "[]", "true", "\"{}\""] {
        let meta = raw(&format!(r#"{{"{META_CLIENT_CAPABILITIES}":{value}}}"#));
        assert!(!MetaKeys::parse(&meta).unwrap().has_client_capabilities, "{value}");
    }
}

#[test]
fn a_wrong_type_is_refused_by_the_name_of_its_field() {
    for (text, field, http_status) in [
        ("[]", "params must be an object", 200),
        ("7", "params must be an object", 200),
        (r#"{"name":7}"#, "params.name", 200),
        (r#"{"name":"\ud800"}"#, "params.name", 200),
        (r#"{"uri":{}}"#, "params.uri", 200),
        (r#"{"taskId":[]}"#, "params.taskId", 200),
        (r#"{"cursor":1}"#, "params.cursor", 200),
        (r#"{"requestState":{}}"#, "params.requestState", 200),
        (r#"{"protocolVersion":1}"#, "params.protocolVersion", 200),
        (r#"{"_meta":[]}"#, "params._meta must be an object", 400),
        (r#"{"_meta":{"progressToken":1.5}}"#, "progressToken", 400),
        (r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#, "protocolVersion", 400),
        (r#"{"_meta":{"io.modelcontextprotocol/logLevel":1}}"#, "logLevel", 400),
    ] {
        let error = refusal(text);
        assert_eq!((error.code, error.http_status), (-32602, http_status), "{text}");
        assert!(error.message.contains(field), "{text}: {}", error.message);
    }
}

#[test]
fn a_doubled_or_miscased_member_is_refused() {
    for text in [
        r#"{"name":"a","name":"b"}"#,
        r#"{"uri":"a","ur\u0069":"b"}"#,
        r#"{"name":"a","NAME":"b"}"#,
        r#"{"_meta":{},"_meta":{}}"#,
        r#"{"_meta":{"progressToken":1,"progressToken":1}}"#,
    ] {
        let error = refusal(text);
        assert_eq!(error.code, -32602, "{text}");
        assert!(error.message.contains("ambiguous"), "{text}: {}", error.message);
    }
}
