//! The edge around a few handlers of its own: what every answer of both apps has in common.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpResponse, web};
use async_trait::async_trait;
use futures_util::stream::pending;
use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::ports::{
    Admission, Clock, Ids, LimitKey, PortError, RateLimiter, RefusalClass, TokenVerifier,
    Verification,
};
use registry_http_edge::fields::Fields;
use registry_http_edge::{Body, Edge, EdgeSettings, Problem, ReadBody, app, at};
use serde_json::{Value, json};
use uuid::Uuid;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Ids for Still {
    fn next(&self) -> Uuid {
        Uuid::from_u128(42)
    }
}

#[async_trait]
impl TokenVerifier for Still {
    async fn verify(&self, _token: &str) -> Verification {
        Verification::Refused(RefusalClass::Malformed)
    }
}

#[async_trait]
impl RateLimiter for Still {
    async fn admit(&self, _keys: &[LimitKey]) -> Admission {
        Admission::Admitted { remaining: 1 }
    }
}

struct Note {
    name: String,
    tags: Vec<String>,
}

impl ReadBody for Note {
    fn read(fields: &mut Fields) -> Self {
        Self {
            name: fields.string("name"),
            tags: fields.optional_strings("tags").unwrap_or_default(),
        }
    }
}

async fn write_note(Body(note): Body<Note>) -> HttpResponse {
    HttpResponse::Created().json(json!({"name": note.name, "tags": note.tags.len()}))
}

async fn break_down() -> Result<HttpResponse, Problem> {
    Err(Error::Internal(PortError::Corrupt { what: "secrets".into(), source: "x".into() }).into())
}

struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Seen {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

async fn send(settings: EdgeSettings, request: TestRequest, payload: Option<Payload>) -> Seen {
    let still = Arc::new(Still);
    let edge = Edge {
        settings,
        verifier: still.clone(),
        limiter: still.clone(),
        clock: still.clone(),
        ids: still,
    };
    let routes = |config: &mut web::ServiceConfig| {
        config.service(at("/notes").post(write_note)).service(at("/broken").get(break_down));
    };
    let service = init_service(app(web::Data::new(edge)).configure(routes)).await;
    let mut request = request.to_request();
    if let Some(payload) = payload {
        request = request.replace_payload(payload).0;
    }
    let response: ServiceResponse<BoxBody> = service.call(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().try_into_bytes().unwrap_or_default();
    Seen { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

async fn ask_with(settings: EdgeSettings, request: TestRequest) -> Seen {
    send(settings, request, None).await
}

async fn ask(request: TestRequest) -> Seen {
    ask_with(EdgeSettings::for_testing(), request).await
}

fn note(body: impl Into<web::Bytes>) -> TestRequest {
    TestRequest::post().uri("/notes").set_payload(body)
}

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
