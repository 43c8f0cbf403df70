//! The ladder, rung by rung.

use super::*;

/// A request of the modern era that is in order; the tests break one thing each.
struct Post {
    body: String,
    version: Option<&'static str>,
    method: Option<&'static str>,
    name: Option<&'static str>,
    duplicated: bool,
}

impl Post {
    fn legacy(body: &str) -> Self {
        Self { body: body.to_owned(), version: None, method: None, name: None, duplicated: false }
    }

    fn modern(method: &'static str, members: &str) -> Self {
        let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{members}{meta}}}}}"#
        );
        Self { version: Some("2026-07-28"), method: Some(method), ..Self::legacy(&body) }
    }

    fn call() -> Self {
        Self { name: Some("add"), ..Self::modern("tools/call", r#""name":"add","#) }
    }

    fn with_body(mut self, from: &str, to: &str) -> Self {
        assert!(self.body.contains(from), "{}", self.body);
        self.body = self.body.replace(from, to);
        self
    }

    fn read(&self) -> Result<Front, WireError> {
        let envelope = Envelope::parse(self.body.as_bytes())?;
        let params = CallParams::parse(envelope.params)?;
        let headers = FrontHeaders {
            protocol_version: self.version,
            method: self.method,
            name: self.name,
            session: None,
            duplicated: self.duplicated,
        };
        Front::of(&headers, &envelope, &params)
    }

    fn revision(&self) -> Revision {
        let front = self.read().unwrap();
        assert_eq!(front.era, front.revision.era());
        front.revision
    }

    fn refusal(&self) -> (i64, u16) {
        let error = self.read().unwrap_err();
        (error.code, error.http_status)
    }
}

const MISMATCH: (i64, u16) = (-32020, 400);
const INITIALIZE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
const NOTIFICATION: &str = r#"{"jsonrpc":"2.0","method":"notifications/cancelled"}"#;

#[test]
fn a_modern_request_in_order_is_modern() {
    assert_eq!(Post::call().revision(), Revision::MODERN);
    assert_eq!(Post::modern("server/discover", "").revision(), Revision::MODERN);
}

#[test]
fn missing_or_malformed_capabilities_come_before_the_headers() {
    let capabilities = r#""io.modelcontextprotocol/clientCapabilities":{}"#;
    for broken in [r#""x":{}"#, r#""io.modelcontextprotocol/clientCapabilities":[]"#] {
        let post = Post { version: None, ..Post::call() }.with_body(capabilities, broken);
        assert_eq!(post.refusal(), (-32602, 400), "{broken}");
    }
}

#[test]
fn a_version_header_that_is_missing_or_differs_is_a_mismatch() {
    for version in [None, Some("2025-11-25"), Some("2026-07-29"), Some("")] {
        assert_eq!(Post { version, ..Post::call() }.refusal(), MISMATCH, "{version:?}");
    }
}

#[test]
fn a_claim_that_we_do_not_speak_is_told_what_we_speak() {
    for version in ["2031-01-01", "2025-11-25", "draft"] {
        let post = Post { version: Some(version), ..Post::call() };
        let error = post.with_body("2026-07-28", version).read().unwrap_err();
        assert_eq!((error.code, error.http_status), (-32022, 400), "{version}");
        assert_eq!(error.data.unwrap()["requested"], version);
    }
}

#[test]
fn the_method_header_must_repeat_the_method() {
    for method in [None, Some("tools/list"), Some("Tools/call"), Some("=?base64?eA==?=")] {
        assert_eq!(Post { method, ..Post::call() }.refusal(), MISMATCH, "{method:?}");
    }
}

#[test]
fn the_name_header_must_repeat_the_target_of_a_targeted_method() {
    let targeted = [
        ("tools/call", "name"),
        ("prompts/get", "name"),
        ("resources/read", "uri"),
        ("tasks/get", "taskId"),
        ("tasks/update", "taskId"),
        ("tasks/cancel", "taskId"),
    ];
    for (method, member) in targeted {
        let members = format!(r#""{member}":"Grüße","#);
        let post = |name| Post { name, ..Post::modern(method, &members) };
        assert_eq!(post(Some("=?base64?R3LDvMOfZQ==?=")).revision(), Revision::MODERN, "{method}");
        for name in [None, Some("x"), Some("Grüße"), Some("=?base64?!?="), Some("")] {
            assert_eq!(post(name).refusal(), MISMATCH, "{method} {name:?}");
        }
        let nameless = Post { name: Some("x"), ..Post::modern(method, "") };
        assert_eq!(nameless.refusal(), MISMATCH, "{method}");
    }
}

#[test]
fn a_missing_target_is_left_to_who_runs_the_method() {
    assert_eq!(Post::modern("tools/call", "").revision(), Revision::MODERN);
}

#[test]
fn the_name_header_is_ignored_where_nothing_is_named() {
    let post = Post { name: Some("x"), ..Post::modern("tools/list", "") };
    assert_eq!(post.revision(), Revision::MODERN);
}

#[test]
fn doubled_headers_are_refused_in_both_eras() {
    assert_eq!(Post { duplicated: true, ..Post::call() }.refusal(), MISMATCH);
    let legacy = Post { duplicated: true, version: Some("2025-06-18"), ..Post::legacy(LIST) };
    assert_eq!(legacy.refusal(), (-32600, 400));
}

#[test]
fn a_modern_header_without_a_claim_is_refused_but_for_notifications() {
    let headed = |body| Post { version: Some("2026-07-28"), ..Post::legacy(body) };
    assert_eq!(headed(LIST).refusal(), (-32602, 400));
    assert_eq!(headed(INITIALIZE).refusal(), MISMATCH);
    assert_eq!(headed(NOTIFICATION).revision(), Revision::MODERN);
    let response = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert_eq!(headed(response).refusal(), (-32600, 400));
    let later = Post { version: Some("2031-01-01"), ..Post::legacy(NOTIFICATION) };
    assert_eq!(later.refusal(), (-32600, 400));
}

#[test]
fn initialize_negotiates_whatever_legacy_header_it_has() {
    for version in [None, Some("2024-11-05"), Some("1.0")] {
        let post = Post { version, ..Post::legacy(INITIALIZE) };
        assert_eq!(post.revision(), Revision::V2025_06_18, "{version:?}");
    }
    let unknown = Post::legacy(INITIALIZE).with_body("2025-06-18", "2026-07-28");
    assert_eq!(unknown.revision(), Revision::V2025_11_25);
    let without = Post::legacy(INITIALIZE).with_body("protocolVersion", "x");
    assert_eq!(without.refusal(), (-32602, 200));
}

#[test]
fn initialize_is_modern_only_with_a_modern_claim() {
    let claimed = Post::modern("initialize", r#""protocolVersion":"2025-06-18","#);
    assert_eq!(claimed.revision(), Revision::MODERN);
    let legacy_claim = Post::legacy(&claimed.body).with_body("2026-07-28", "2025-11-25");
    assert_eq!(legacy_claim.revision(), Revision::V2025_06_18);
}

#[test]
fn a_legacy_request_is_of_the_revision_in_its_header() {
    for revision in Revision::LEGACY {
        let post = Post { version: Some(revision.as_str()), ..Post::legacy(LIST) };
        assert_eq!(post.revision(), revision);
    }
    assert_eq!(Post::legacy(LIST).revision(), Revision::V2025_03_26);
    assert_eq!(Post::legacy(NOTIFICATION).revision(), Revision::V2025_03_26);
}

#[test]
fn an_unknown_version_header_is_refused_with_the_known_ones() {
    let post = Post { version: Some("2025-01-01"), ..Post::legacy(LIST) };
    let error = post.read().unwrap_err();
    assert_eq!((error.code, error.http_status), (-32600, 400));
    assert!(error.message.contains("2025-11-25"), "{}", error.message);
}

#[test]
fn a_claimed_notification_needs_no_headers_but_may_not_contradict_them() {
    let claimed = r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
    assert_eq!(Post::legacy(claimed).revision(), Revision::MODERN);
    let other_version = Post { version: Some("2025-06-18"), ..Post::legacy(claimed) };
    assert_eq!(other_version.refusal(), MISMATCH);
    let other_method = Post { method: Some("tools/call"), ..Post::legacy(claimed) };
    assert_eq!(other_method.refusal(), MISMATCH);
}
