//! What `_meta` says after each edit.

use super::*;

const INFO: &str = r#"{"name":"c"}"#;
const SET: &str = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{}"#;

fn modern(message: &str) -> Option<String> {
    to_modern_meta(message.as_bytes(), INFO, "{}", None)
        .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

fn legacy(meta: &str) -> String {
    let message = format!(r#"{{"params":{{"_meta":{meta},"name":"n"}}}}"#);
    let legacy = to_legacy_meta(message.as_bytes()).unwrap();
    let text = String::from_utf8(legacy.to_vec()).unwrap();
    let rest = text.strip_prefix(r#"{"params":{"_meta":"#).unwrap();
    rest.strip_suffix(r#","name":"n"}}"#).unwrap().to_owned()
}

#[test]
fn params_and_meta_are_made_where_there_are_none() {
    let cases = [
        (r#"{"id":1 }"#, format!(r#"{{"id":1,"params":{{"_meta":{{{SET}}}}} }}"#)),
        (r#"{"params":null}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
        (r#"{"params":{ }}"#, format!(r#"{{"params":{{"_meta":{{{SET}}} }}}}"#)),
        (r#"{"params":{"a":1.0}}"#, format!(r#"{{"params":{{"a":1.0,"_meta":{{{SET}}}}}}}"#)),
        (r#"{"params":{"_meta":null}}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
        (r#"{"params":{"_meta":{}}}"#, format!(r#"{{"params":{{"_meta":{{{SET}}}}}}}"#)),
    ];
    for (message, expected) in cases {
        assert_eq!(modern(message).as_deref(), Some(expected.as_str()), "{message}");
    }
}

#[test]
fn keys_that_a_request_claims_itself_are_replaced_where_they_stand() {
    let message = r#"{"params":{"_meta":{"io.modelcontextprotocol\/clientInfo" : {"x":1}, "progressToken":1e400}}}"#;
    assert_eq!(
        modern(message).unwrap(),
        r#"{"params":{"_meta":{"io.modelcontextprotocol\/clientInfo" : {"name":"c"}, "progressToken":1e400,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#
    );
}

#[test]
fn a_log_level_is_set_when_given_and_left_when_not() {
    let message = br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"debug"}}}"#;
    let set = to_modern_meta(message, INFO, "{}", Some("error")).unwrap();
    assert!(set.starts_with(br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"error","#));
    let left = to_modern_meta(message, INFO, "{}", None).unwrap();
    assert!(
        left.starts_with(br#"{"params":{"_meta":{"io.modelcontextprotocol/logLevel":"debug","#)
    );
}

#[test]
fn params_or_meta_of_another_shape_cannot_be_made_modern() {
    for params in ["[]", "7", r#"{"_meta":[]}"#, r#"{"_meta":{},"_meta":{}}"#] {
        assert_eq!(modern(&format!(r#"{{"params":{params}}}"#)), None, "{params}");
    }
}

#[test]
fn a_key_claimed_twice_is_refused_towards_modern_and_dropped_twice_towards_legacy() {
    let meta =
        r#"{"io.modelcontextprotocol/logLevel":"a","x":1,"io.modelcontextprotocol/logLevel":"b"}"#;
    assert_eq!(modern(&format!(r#"{{"params":{{"_meta":{meta}}}}}"#)), None);
    assert_eq!(legacy(meta), r#"{"x":1}"#);
}

#[test]
fn the_four_keys_are_taken_out_wherever_they_stand() {
    let one = r#""io.modelcontextprotocol/protocolVersion" : "2026-07-28""#;
    let two = r#""io.modelcontextprotocol/client\u0049nfo":{"a":[1,2]}"#;
    let cases = [
        (format!("{{{one},{two}}}"), "{}"),
        (format!(r#"{{ {one} , {two} , "b":1.0 }}"#), r#"{ "b":1.0 }"#),
        (format!(r#"{{"b":1.0 , {one}, {two} }}"#), r#"{"b":1.0 }"#),
        (format!(r#"{{"b":1, {one},"c":2,{two},"d":3}}"#), r#"{"b":1,"c":2,"d":3}"#),
        (format!(r#"{{{one},"b":1,{two}}}"#), r#"{"b":1}"#),
        (format!(r#"{{"b":1,{one},{two},"c":2}}"#), r#"{"b":1,"c":2}"#),
    ];
    for (meta, expected) in cases {
        assert_eq!(legacy(&meta), expected, "{meta}");
    }
}

#[test]
fn vendor_keys_progress_and_trace_context_stay_byte_for_byte() {
    let meta = r#"{"progressToken":12345678901234567890123, "traceparent" :"00-\u0061", "io.modelcontextprotocol/other":{ }, "v/x":1.50}"#;
    assert_eq!(legacy(meta), meta);
    for other in ["null", "[]", "7"] {
        assert_eq!(legacy(other), other);
    }
}
