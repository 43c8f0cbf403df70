//! The envelope parser against hand-picked and arbitrary messages.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn refusal(text: &str) -> (i64, u16, String) {
    let error = Envelope::parse(text.as_bytes()).unwrap_err();
    (error.code, error.http_status, error.message)
}

#[test]
fn a_request_is_read_without_copying() {
    let bytes =
        br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x"},"extra":1}"#;
    let envelope = Envelope::parse(bytes).unwrap();
    assert_eq!(envelope.kind(), MessageKind::Request);
    assert_eq!(envelope.id_json(), "7");
    assert!(matches!(envelope.method, Some(Cow::Borrowed("tools/call"))));
    assert_eq!(envelope.params.map(RawValue::get), Some(r#"{"name":"x"}"#));
}

#[test]
fn an_escaped_method_is_decoded() {
    let envelope = Envelope::parse(br#"{"jsonrpc":"2.0","id":1,"method":"tools\/call"}"#).unwrap();
    assert_eq!(envelope.method.as_deref(), Some("tools/call"));
}

#[test]
fn an_absent_id_and_a_null_id_are_told_apart() {
    let absent = Envelope::parse(br#"{"jsonrpc":"2.0","method":"ping"}"#).unwrap();
    let null = Envelope::parse(br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#).unwrap();
    assert!(absent.id.is_none());
    assert_eq!(null.id.map(RawValue::get), Some("null"));
    assert_eq!((absent.id_json(), null.id_json()), ("null", "null"));
}

#[test]
fn a_method_without_id_is_a_notification_only_if_named_like_one() {
    for (text, kind) in [
        (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, MessageKind::Notification),
        (r#"{"jsonrpc":"2.0","method":"tools/list"}"#, MessageKind::Request),
        (r#"{"jsonrpc":"2.0","id":1,"method":"notifications/x"}"#, MessageKind::Request),
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, MessageKind::Response),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#, MessageKind::Response),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":1}}"#, MessageKind::Response),
    ] {
        assert_eq!(Envelope::parse(text.as_bytes()).unwrap().kind(), kind, "{text}");
    }
}

#[test]
fn what_is_no_json_is_a_parse_error() {
    for text in ["", "{", "nope", r#"{"jsonrpc":"2.0","id":1,"method":"x"} {}"#, "[1,"] {
        let (code, http_status, _) = refusal(text);
        assert_eq!((code, http_status), (-32700, 400), "{text}");
    }
    let not_utf8 = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"y\":\"\xff\"}";
    assert_eq!(Envelope::parse(not_utf8).unwrap_err().code, -32700);
}

#[test]
fn a_broken_envelope_is_refused_with_the_rule_that_it_breaks() {
    for (text, rule) in [
        ("[]", "batch"),
        (r#" [{"jsonrpc":"2.0","id":1,"method":"x"}]"#, "batch"),
        ("17", "object"),
        ("null", "object"),
        (r#"{"id":1,"method":"x"}"#, "jsonrpc"),
        (r#"{"jsonrpc":2.0,"id":1,"method":"x"}"#, "jsonrpc"),
        (r#"{"jsonrpc":"2.1","id":1,"method":"x"}"#, "jsonrpc"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, "\"id\""),
        (r#"{"jsonrpc":"2.0","id":1e3,"method":"x"}"#, "\"id\""),
        (r#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, "\"id\""),
        (r#"{"jsonrpc":"2.0","id":true,"method":"x"}"#, "\"id\""),
        (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, "\"method\" must be a string"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "missing"),
        (r#"{"jsonrpc":"2.0","id":1,"error":null}"#, "missing"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#, "only one"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, "only one"),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"x"}"#, "duplicate member \"id\""),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","\u006dethod":"y"}"#, "duplicate"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","Method":"y"}"#, "letter case"),
    ] {
        let (code, http_status, message) = refusal(text);
        assert_eq!((code, http_status), (-32600, 400), "{text}");
        assert!(message.contains(rule), "{text}: {message}");
    }
}

#[test]
fn a_hundred_thousand_brackets_do_not_overflow_the_stack() {
    let depth = 100_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let message =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","y":{nested},"params":{nested}}}"#);
    let envelope = Envelope::parse(message.as_bytes()).unwrap();
    assert_eq!(envelope.params.map(|params| params.get().len()), Some(2 * depth));
    assert_eq!(refusal(&nested).0, -32600);
    assert_eq!(refusal(&"[".repeat(depth)).0, -32700);
    assert_eq!(refusal(&r#"{"id":"#.repeat(depth)).0, -32700);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn any_message() -> impl Strategy<Value = Value> {
    let member = |name: &'static str, value: BoxedStrategy<Value>| {
        prop::option::weighted(0.7, value).prop_map(move |value| value.map(|value| (name, value)))
    };
    let version = prop_oneof![9 => Just(json!("2.0")), 1 => any_json()].boxed();
    let method = prop_oneof![9 => ".{0,12}".prop_map(Value::from), 1 => any_json()].boxed();
    (
        member("jsonrpc", version),
        member("id", any_json().boxed()),
        member("method", method),
        member("params", any_json().boxed()),
        prop::option::weighted(0.2, any_json()).prop_map(|v| v.map(|v| ("result", v))),
        prop::option::weighted(0.2, any_json()).prop_map(|v| v.map(|v| ("error", v))),
        member("other", any_json().boxed()),
    )
        .prop_map(|(a, b, c, d, e, f, g)| {
            [a, b, c, d, e, f, g].into_iter().flatten().map(|(k, v)| (k.to_owned(), v)).collect()
        })
}

fn is_message(value: &Value) -> bool {
    let id_fits = value
        .get("id")
        .is_none_or(|id| id.is_null() || id.is_string() || id.is_i64() || id.is_u64());
    let method_fits = value.get("method").is_none_or(Value::is_string);
    let answers = usize::from(value.get("method").is_some())
        + usize::from(value.get("result").is_some())
        + usize::from(value.get("error").is_some_and(|error| !error.is_null()));
    value.get("jsonrpc") == Some(&json!("2.0")) && id_fits && method_fits && answers == 1
}

fn agree(raw: Option<&RawValue>, value: Option<&Value>) -> bool {
    raw.map(|raw| serde_json::from_str::<Value>(raw.get()).unwrap()).as_ref() == value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _parsed = Envelope::parse(&bytes);
    }

    #[test]
    fn arbitrary_punctuation_never_panics(text in r#"[\[\]{}",:\\0-9a-z. ]{0,60}"#) {
        let is_json = serde_json::from_str::<Value>(&text).is_ok();
        let code = Envelope::parse(text.as_bytes()).map_or_else(|error| error.code, |_| 0);
        prop_assert!(is_json || code != 0);
    }

    #[test]
    fn a_message_reads_as_serde_json_reads_it(message in any_message()) {
        let text = message.to_string();
        match Envelope::parse(text.as_bytes()) {
            Ok(envelope) => {
                prop_assert!(is_message(&message), "{}", text);
                prop_assert!(agree(envelope.id, message.get("id")));
                prop_assert_eq!(
                    envelope.method.as_deref(),
                    message.get("method").and_then(Value::as_str)
                );
                prop_assert!(agree(envelope.params, message.get("params")));
                prop_assert!(agree(envelope.result, message.get("result")));
                let error = message.get("error").filter(|error| !error.is_null());
                prop_assert!(agree(envelope.error, error));
            }
            Err(error) => {
                prop_assert!(!is_message(&message), "{}: {}", text, error);
                prop_assert_eq!(error.code, -32600);
            }
        }
    }
}
