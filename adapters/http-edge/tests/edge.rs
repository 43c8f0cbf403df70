//! The edge around a few handlers of its own: what every answer of both apps has in common.

#[cfg(test)]
mod support;

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use futures_util::stream::pending;
use registry_http_edge::EdgeSettings;
use serde_json::{Value, json};
use support::{Seen, ask, ask_with, note, send};

#[actix_web::test]
async fn every_answer_carries_a_request_id_errors_too() {
    let own =
        ask(TestRequest::get().uri("/nowhere").insert_header(("x-request-id", "mine-1"))).await;
    assert_eq!((own.status, own.header("x-request-id")), (404, Some("mine-1")));
    assert_eq!(own.body["request_id"], "mine-1");
    assert_eq!(own.body["error"], "NOT_FOUND");

    let made = ask(note(r#"{"name":"a"}"#).insert_header(("x-request-id", "two words"))).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.header("x-request-id"), Some("00000000-0000-0000-0000-00000000002a"));
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let seen = ask(TestRequest::delete().uri("/broken")).await;
    assert_eq!((seen.status, seen.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(seen.body["error"], "METHOD_NOT_ALLOWED");
    assert_eq!(seen.header("content-type"), Some("application/problem+json"));
}

#[actix_web::test]
async fn bodies_that_are_not_json_objects_are_told_apart() {
    let refused = |seen: &Seen| (seen.status, seen.body["error"].as_str().unwrap().to_owned());
    let deep = "[".repeat(100_000);
    for malformed in ["{", "", "nonsense", "{\"name\":\"\u{1}\"}", &deep] {
        let seen = ask(note(malformed.to_owned())).await;
        assert_eq!(refused(&seen), (400, "MALFORMED_JSON".into()), "{malformed:.20}");
    }
    let seen = ask(note(&b"{\"name\":\"\xff\"}"[..])).await;
    assert_eq!(refused(&seen), (400, "MALFORMED_JSON".into()));

    let seen = ask(note("[]")).await;
    assert_eq!(refused(&seen), (422, "VALIDATION_ERROR".into()));
    assert_eq!(seen.body["errors"][0]["loc"], json!(["body"]));
}

#[actix_web::test]
async fn wrong_types_are_named_member_by_member() {
    let seen = ask(note(r#"{"name":3,"tags":["a",{}],"unknown":true}"#)).await;
    assert_eq!(seen.status, 422);
    let places: Vec<&Value> =
        seen.body["errors"].as_array().unwrap().iter().map(|error| &error["loc"]).collect();
    assert_eq!(places, [&json!(["body", "name"]), &json!(["body", "tags", 1])]);
    assert_eq!(seen.body["detail"], "name must be a string (and 1 more)");
}

#[actix_web::test]
async fn a_body_has_a_bound_and_a_type() {
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1024 * 1024));
    let seen = ask(note(large)).await;
    assert_eq!((seen.status, &seen.body["error"]), (413, &json!("PAYLOAD_TOO_LARGE")));

    let typed = |name, value| note(r#"{"name":"a"}"#).insert_header((name, value));
    for (name, value, status) in [
        ("content-type", "application/json; charset=utf-8", 201),
        ("content-type", "application/vnd.api+json", 201),
        ("content-type", "text/plain", 415),
        ("content-encoding", "identity", 201),
        ("content-encoding", "gzip", 415),
    ] {
        assert_eq!(ask(typed(name, value)).await.status, status, "{name}: {value}");
    }
}

#[actix_web::test]
async fn a_body_that_stops_half_way_is_given_up() {
    let settings =
        EdgeSettings { body_timeout: Duration::from_millis(20), ..EdgeSettings::for_testing() };
    let silence: Payload = Payload::Stream { payload: Box::pin(pending()) };
    let seen = send(settings, note(""), Some(silence)).await;
    assert_eq!((seen.status, &seen.body["error"]), (400, &json!("BAD_REQUEST")));
}

#[actix_web::test]
async fn a_browser_can_read_errors_of_an_allowed_origin() {
    let from = |origin| TestRequest::get().uri("/broken").insert_header(("origin", origin));
    let seen = ask(from("http://localhost:5173")).await;
    assert_eq!(seen.status, 500);
    assert_eq!(seen.header("access-control-allow-origin"), Some("http://localhost:5173"));
    assert_eq!(seen.header("access-control-allow-credentials"), Some("true"));
    let exposed = seen.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
    for name in ["x-request-id", "retry-after", "www-authenticate", "x-total-count", "etag", "link"]
    {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    assert!(!seen.body.to_string().contains("secrets"));
    assert_eq!(ask(from("https://evil.example")).await.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn a_wildcard_origin_never_comes_with_credentials() {
    let mut settings = EdgeSettings::for_testing();
    settings.cors.origins = vec!["*".into()];
    let request = TestRequest::get().uri("/broken").insert_header(("origin", "https://a.example"));
    let seen = ask_with(settings, request).await;
    assert_eq!(seen.header("access-control-allow-origin"), Some("*"));
    assert_eq!(seen.header("access-control-allow-credentials"), None);
}

#[actix_web::test]
async fn a_preflight_is_answered_and_a_strangers_is_a_problem() {
    let preflight = |origin| {
        TestRequest::with_uri("/notes")
            .method(actix_web::http::Method::OPTIONS)
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "POST"))
            .insert_header(("access-control-request-headers", "authorization,content-type"))
    };
    let seen = ask(preflight("http://localhost:5173")).await;
    assert_eq!(seen.status, 200);
    assert!(seen.header("access-control-allow-headers").unwrap().contains("authorization"));
    let seen = ask(preflight("https://evil.example")).await;
    assert_eq!((seen.status, &seen.body["error"]), (400, &json!("BAD_REQUEST")));
}

#[actix_web::test]
async fn security_headers_are_on_every_answer_and_hsts_only_where_it_is_wanted() {
    let seen = ask(TestRequest::get().uri("/nowhere")).await;
    assert_eq!(seen.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(seen.header("x-frame-options"), Some("DENY"));
    assert_eq!(seen.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(seen.header("strict-transport-security"), None);
    let mut settings = EdgeSettings::for_testing();
    settings.security_headers.hsts_max_age = Some(31_536_000);
    let seen = ask_with(settings, TestRequest::get().uri("/nowhere")).await;
    assert_eq!(seen.header("strict-transport-security"), Some("max-age=31536000"));
}
