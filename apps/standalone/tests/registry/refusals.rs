//! Requests that cannot be served, and the one shape in which that is told.

use http::Method;
use registry_testkit::raw;
use serde_json::json;

use crate::support::{NOBODY, Registry, assert_breaks, assert_problem, dead_url, draft, request};

const JSON: (&str, &str) = ("content-type", "application/json");
const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_body_that_is_not_json_is_400() {
    let registry = Registry::start().await;
    for body in ["", "{", "{\"endpoint_url\": }", "not json", "{} trailing", "{\"a\": NaN}"] {
        let request = request(Method::POST, &[JSON], body);
        let answer = registry.user.request("/registrations", request).await;
        assert_problem(&answer, 400, "MALFORMED_JSON");
    }
    let not_utf8 = request(Method::POST, &[JSON], &b"{\"endpoint_name\": \"\xff\"}"[..]);
    let answer = registry.user.request("/registrations", not_utf8).await;
    assert_problem(&answer, 400, "MALFORMED_JSON");
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_no_byte_more() {
    let registry = Registry::start().await;
    let draft = draft(&dead_url("big"), "Big enough").to_string();
    // JSON may end in any amount of space.
    let full = draft.clone() + &" ".repeat(MIB - draft.len());
    let sent = request(Method::POST, &[JSON], full.clone());
    registry.user.request("/registrations", sent).await.expect(201);
    let sent = request(Method::POST, &[JSON], full + " ");
    let answer = registry.user.request("/registrations", sent).await;
    assert_problem(&answer, 413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn a_body_that_does_not_announce_its_length_is_cut_off_as_well() {
    let registry = Registry::start().await;
    let token = registry_testkit::token(&registry.program, json!({})).await;
    let head = format!(
        "POST /registrations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let chunk = format!("{MIB:x}\r\n{}\r\n", " ".repeat(MIB));
    let sent = format!("{head}{chunk}2\r\n{{}}\r\n0\r\n\r\n");
    let answer = raw(&registry.program.service_url(), sent.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn only_plain_json_is_read() {
    let registry = Registry::start().await;
    let body = draft(&dead_url("a"), "Weather").to_string();
    for headers in [
        &[("content-type", "text/plain")][..],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "application/jsonp")],
        &[JSON, ("content-encoding", "gzip")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", "application/json; charset=\"latin1\"")],
    ] {
        let request = request(Method::POST, headers, body.clone());
        let answer = registry.user.request("/registrations", request).await;
        assert_problem(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let charset = [("content-type", "Application/JSON; charset=utf-8")];
    let request = request(Method::POST, &charset, body);
    registry.user.request("/registrations", request).await.expect(201);
}

#[tokio::test]
async fn a_query_that_is_no_text_is_refused_and_not_searched_for_something_else() {
    let registry = Registry::start().await;
    for query in ["search=%ff", "search=a%ED%A0%80", "%C3%28=x"] {
        let answer = registry.user.get(&format!("/registrations?{query}")).await;
        assert_problem(&answer, 422, "VALIDATION_ERROR");
    }
    registry.user.get("/registrations?search=%C3%A9&x=%").await.expect(200);
}

#[tokio::test]
async fn an_id_that_nobody_has_is_404() {
    let registry = Registry::start().await;
    let nobody = format!("/registrations/{NOBODY}");
    let draft = draft(&dead_url("a"), "Weather");
    for answer in [
        registry.user.get(&nobody).await,
        registry.user.get(&format!("{nobody}/manifest")).await,
        registry.user.put(&nobody, &draft).await,
        registry.user.send(Method::POST, &format!("{nobody}/withdraw"), None).await,
        registry.user.send(Method::POST, &format!("{nobody}/resubmit"), None).await,
        registry.admin.delete(&nobody).await,
        registry.admin.patch(&format!("{nobody}/status"), &json!({ "status": "Approved" })).await,
    ] {
        let body = assert_problem(&answer, 404, "REGISTRATION_NOT_FOUND");
        assert_eq!(body["details"]["registration_id"], NOBODY);
    }
    let answer = registry.user.get(&format!("/users/{NOBODY}")).await;
    let body = assert_problem(&answer, 404, "USER_NOT_FOUND");
    assert_eq!(body["details"]["user_id"], NOBODY);
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_422() {
    let registry = Registry::start().await;
    for id in ["1", "mine", "00000000-0000-0000-0000-00000000000g", "%00"] {
        let (registration, user) = (format!("/registrations/{id}"), format!("/users/{id}"));
        let answer = registry.user.get(&registration).await;
        assert_breaks(&answer, "path.registration_id", "uuid_parsing");
        let answer = registry.user.get(&user).await;
        assert_breaks(&answer, "path.user_id", "uuid_parsing");
        let answer = registry.admin.delete(&registration).await;
        assert_breaks(&answer, "path.registration_id", "uuid_parsing");
    }
}

#[tokio::test]
async fn another_method_is_405_and_told_which_there_are() {
    let registry = Registry::start().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/registrations", "GET, HEAD, POST"),
        (Method::PATCH, &format!("/registrations/{NOBODY}"), "GET, HEAD, PUT, DELETE"),
        (Method::GET, &format!("/registrations/{NOBODY}/status"), "PATCH"),
        (Method::GET, &format!("/registrations/{NOBODY}/withdraw"), "POST"),
        (Method::POST, "/registrations/my", "GET, HEAD"),
        (Method::POST, "/users/me", "GET, HEAD"),
        (Method::GET, "/users", "POST"),
        (Method::POST, "/audit-logs", "GET, HEAD"),
        (Method::POST, "/health", "GET, HEAD"),
    ] {
        let answer = registry.user.send(method, path, None).await;
        assert_problem(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_is_404() {
    let registry = Registry::start().await;
    for path in ["/nothing", "/registrations/a/b/c", "/users/me/x", "/REGISTRATIONS", "/..", "//"] {
        assert_problem(&registry.user.get(path).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_problem_tells_where_when_and_of_what_type_it_is() {
    let registry = Registry::start().await;
    let path = format!("/registrations/{NOBODY}");
    let body = assert_problem(&registry.user.get(&path).await, 404, "REGISTRATION_NOT_FOUND");
    assert_eq!(body["instance"], path);
    assert_eq!(body["type"], "urn:mcp-registry:problem:registration-not-found");
    assert_eq!(body["title"], "Registration not found");
    assert!(crate::support::text(&body, "timestamp").ends_with('Z'), "{body}");
}
