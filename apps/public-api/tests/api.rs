//! The API over real sockets: routes, methods, the order of checks, and how it fails.

#[cfg(test)]
mod openapi;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod support;

use serde_json::json;
use support::{Client, api, developers_api, token_of};

const ID: &str = "00000000-0000-0000-0000-000000000001";

fn client() -> Client {
    Client::start(api())
}

#[test]
fn every_address_tells_a_wrong_method_the_right_ones() {
    let client = client();
    for (path, allowed) in [
        ("/", "GET, HEAD"),
        ("/health", "GET, HEAD"),
        ("/ready", "GET, HEAD"),
        ("/livez", "GET, HEAD"),
        ("/users", "POST"),
        ("/users/me", "GET, HEAD"),
        ("/users/1", "GET, HEAD"),
        ("/registrations", "GET, HEAD, POST"),
        ("/registrations/my", "GET, HEAD"),
        ("/registrations/by-url", "GET, HEAD"),
        ("/registrations/1", "GET, HEAD, PUT, DELETE"),
        ("/registrations/1/status", "PATCH"),
        ("/registrations/1/withdraw", "POST"),
        ("/registrations/1/propose", "POST"),
        ("/registrations/1/resubmit", "POST"),
        ("/registrations/1/manifest", "GET, HEAD"),
        ("/registrations/1/documents", "GET, HEAD, POST"),
        ("/registrations/1/documents/2", "GET, HEAD, DELETE"),
        ("/registrations/1/links", "GET, HEAD, POST"),
        ("/registrations/1/links/2", "DELETE"),
        ("/audit-logs", "GET, HEAD"),
    ] {
        let answer = client.ask("TRACE", path, None);
        assert_eq!((answer.status, answer.error().as_str()), (405, "METHOD_NOT_ALLOWED"), "{path}");
        assert_eq!(answer.headers["allow"], allowed, "{path}");
    }
    for path in ["/nothing", "/dev/token", "/registrations/1/2/3", "/users/"] {
        let answer = client.ask("GET", path, None);
        assert_eq!((answer.status, answer.error().as_str()), (404, "NOT_FOUND"), "{path}");
    }
}

#[test]
fn without_a_good_token_nothing_behind_the_guard_is_told() {
    let client = client();
    let patch = format!("/registrations/{ID}/status");
    for (method, path) in [
        ("POST", "/users"),
        ("GET", "/users/me"),
        ("GET", "/users/not-a-uuid"),
        ("GET", "/registrations?limit=x"),
        ("POST", "/registrations"),
        ("GET", "/registrations/my"),
        ("GET", "/registrations/by-url"),
        ("PUT", "/registrations/not-a-uuid"),
        ("DELETE", "/registrations/not-a-uuid"),
        ("PATCH", &patch),
        ("POST", "/registrations/not-a-uuid/documents"),
        ("GET", "/registrations/not-a-uuid/documents"),
        ("GET", "/registrations/not-a-uuid/documents/2"),
        ("DELETE", "/registrations/not-a-uuid/documents/2"),
        ("POST", "/registrations/not-a-uuid/links"),
        ("GET", "/registrations/not-a-uuid/links"),
        ("DELETE", "/registrations/not-a-uuid/links/2"),
        ("GET", "/audit-logs"),
    ] {
        let answer = client.ask(method, path, None);
        let seen = (answer.status, answer.error());
        assert_eq!(seen, (401, "AUTHENTICATION_REQUIRED".into()), "{method} {path}");
        assert_eq!(answer.headers["www-authenticate"], r#"Bearer realm="mcp-registry""#);
    }
    for (token, status, error) in [
        ("forged", 401, "INVALID_TOKEN"),
        ("expired", 401, "TOKEN_EXPIRED"),
        ("no-keys", 503, "AUTH_NOT_CONFIGURED"),
    ] {
        // An open address refuses a bad token too: it is never taken for no token.
        for path in ["/users/me", "/"] {
            let answer = client.ask("GET", path, Some(token));
            assert_eq!((answer.status, answer.error().as_str()), (status, error), "{path}");
        }
    }
    let refused = client.ask("GET", "/users/me", Some("forged"));
    assert!(refused.headers["www-authenticate"].contains(r#"error="invalid_token""#));
}

#[test]
fn what_is_sent_is_checked_before_the_store_is_asked() {
    let (client, user) = (client(), token_of("ada", "user"));
    let places = |answer: &support::Answer| {
        let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["loc"].clone()).collect::<Vec<_>>()
    };
    let answer = client.ask("GET", "/registrations/42", Some(&user));
    assert_eq!((answer.status, places(&answer)), (422, vec![json!(["path", "registration_id"])]));
    let answer = client.ask("GET", "/registrations?limit=0&status=x", Some(&user));
    let both = vec![json!(["query", "status"]), json!(["query", "limit"])];
    assert_eq!((answer.status, places(&answer)), (422, both));
    let answer = client.ask("GET", "/registrations/by-url", Some(&user));
    assert_eq!((answer.status, places(&answer)), (422, vec![json!(["query", "endpoint_url"])]));

    let submit = |body| client.send("POST", "/registrations", Some(&user), &[], body);
    assert_eq!(submit("{").error(), "MALFORMED_JSON");
    let answer = submit(r#"{"endpoint_url":1,"available_tools":{}}"#);
    let all = ["endpoint_url", "endpoint_name", "owner_contact", "available_tools"];
    assert_eq!(answer.status, 422);
    assert_eq!(places(&answer), all.map(|name| json!(["body", name])));

    let path = format!("/registrations/{ID}");
    let tagged = client.send("PUT", &path, Some(&user), &["If-Match: nonsense"], "{}");
    assert_eq!((tagged.status, tagged.error().as_str()), (400, "BAD_REQUEST"));
    let admin = token_of("root", "admin");
    let backwards = "/audit-logs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    let answer = client.ask("GET", backwards, Some(&admin));
    assert_eq!((answer.status, answer.error().as_str()), (400, "INVALID_DATE_RANGE"));
}

#[test]
fn a_body_that_is_too_large_gets_its_answer() {
    let (client, user) = (client(), token_of("ada", "user"));
    let body = format!(r#"{{"description":"{}"}}"#, "x".repeat(1024 * 1024));
    let answer = client.send("POST", "/registrations", Some(&user), &[], &body);
    assert_eq!((answer.status, answer.error().as_str()), (413, "PAYLOAD_TOO_LARGE"));
}

#[test]
fn only_administrators_decide_and_they_learn_it_before_anything_exists() {
    let (client, user) = (client(), token_of("ada", "user"));
    let status = format!("/registrations/{ID}/status");
    let body = r#"{"status":"Approved"}"#;
    let answer = client.send("PATCH", &status, Some(&user), &[], body);
    assert_eq!((answer.status, answer.error().as_str()), (403, "INSUFFICIENT_PERMISSIONS"));
    for (method, path) in
        [("DELETE", format!("/registrations/{ID}")), ("GET", "/audit-logs".into())]
    {
        let answer = client.ask(method, &path, Some(&user));
        assert_eq!((answer.status, answer.error().as_str()), (403, "INSUFFICIENT_PERMISSIONS"));
    }
}

#[test]
fn a_store_that_is_down_is_503_with_a_time_to_come_again() {
    let (client, admin) = (client(), token_of("root", "admin"));
    let body = r#"{"endpoint_url":"https://mcp.example.com/mcp","endpoint_name":"Weather",
                   "owner_contact":"team"}"#;
    let path = format!("/registrations/{ID}");
    for (method, path, body) in [
        ("POST", "/registrations", body),
        ("GET", path.as_str(), ""),
        ("PUT", &path, body),
        ("DELETE", &path, ""),
        ("GET", &format!("{path}/documents/{ID}"), ""),
        ("DELETE", &format!("{path}/documents/{ID}"), ""),
        ("POST", &format!("{path}/links"), r#"{"rel":"source","url":"https://a.example/"}"#),
        ("DELETE", &format!("{path}/links/{ID}"), ""),
        ("GET", "/audit-logs", ""),
    ] {
        let answer = client.send(method, path, Some(&admin), &[], body);
        let seen = (answer.status, answer.error());
        assert_eq!(seen, (503, "DATABASE_UNAVAILABLE".into()), "{method} {path}");
        assert_eq!(answer.headers["retry-after"], "3");
        assert!(!answer.text.contains("connection refused"), "{}", answer.text);
    }
    let unknown = client.ask("GET", "/users/me", Some(&token_of("nobody", "user")));
    assert_eq!(unknown.error(), "DATABASE_UNAVAILABLE");
}

#[test]
fn probes_tell_about_the_store_except_the_one_that_restarts() {
    let client = client();
    let health = client.ask("GET", "/health", None);
    assert_eq!(health.status, 503);
    let body = health.json();
    assert_eq!(body["status"], "unhealthy");
    assert_eq!(body["database"], "disconnected");
    assert_eq!(body["error"], "database unreachable");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["components"]["database"]["status"], "unhealthy");
    assert_eq!(body["components"]["database"]["pool"]["max"], 20);
    let ready = client.ask("GET", "/ready", None);
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json(), json!({"status": "not_ready", "reason": "database"}));
    let live = client.ask("GET", "/livez", None);
    assert_eq!((live.status, live.json()), (200, json!({"status": "alive"})));
}

#[test]
fn a_limited_caller_is_told_before_the_store_is_asked() {
    let answer = client().ask("GET", "/users/me", Some(&token_of("eager", "user")));
    assert_eq!((answer.status, answer.error().as_str()), (429, "RATE_LIMIT_EXCEEDED"));
    assert_eq!(answer.headers["retry-after"], "12");
    assert_eq!(answer.json()["details"]["limit_type"], "user");
}

#[test]
fn people_are_made_once_and_shown_as_what_their_token_makes_them() {
    let client = client();
    let made = client.send("POST", "/users", Some(&token_of("newcomer", "user")), &[], "ignored");
    assert_eq!((made.status, &made.json()["entra_id"]), (201, &json!("newcomer")));
    let same = client.ask("POST", "/users", Some(&token_of("ada", "user")));
    assert_eq!((same.status, &same.json()["is_admin"]), (200, &json!(false)));
    let admin = client.ask("GET", "/users/me", Some(&token_of("root", "admin")));
    assert_eq!(admin.json()["is_admin"], true);
    let unknown = client.ask("GET", &format!("/users/{ID}"), Some(&token_of("ada", "user")));
    assert_eq!((unknown.status, unknown.error().as_str()), (404, "USER_NOT_FOUND"));
}

#[test]
fn head_answers_like_get_without_a_body_and_every_answer_has_an_id() {
    let client = client();
    let got = client.ask("GET", "/", None);
    let head = client.ask("HEAD", "/", None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.headers["content-length"], got.headers["content-length"]);
    assert_eq!(got.json()["name"], "MCP Registry Gateway");
    assert!(got.headers.contains_key("x-request-id"));
    let own = client.send("GET", "/nothing", None, &["X-Request-ID: mine"], "");
    assert_eq!(own.headers["x-request-id"], "mine");
}

#[test]
fn lists_carry_their_total_also_when_they_are_empty() {
    let (client, user) = (client(), token_of("ada", "user"));
    for path in ["/registrations", "/registrations/my?limit=7"] {
        let answer = client.ask("GET", path, Some(&user));
        assert_eq!((answer.status, answer.headers["x-total-count"].as_str()), (200, "0"), "{path}");
        let limit = if path.ends_with('7') { 7 } else { 20 };
        let empty = json!({"total": 0, "limit": limit, "offset": 0, "results": []});
        assert_eq!(answer.json(), empty);
    }
    let url = "/registrations/by-url?endpoint_url=https%3A%2F%2Fa.example%2F";
    assert_eq!(client.ask("GET", url, Some(&user)).error(), "REGISTRATION_NOT_FOUND");
}

#[test]
fn a_developer_gets_a_token_for_the_asking_and_a_misspelt_wish_is_refused() {
    let data_dir = tempfile::tempdir().unwrap();
    let client = Client::start(developers_api(data_dir.path()));
    for body in ["", "{}", r#"{"subject":"ada","roles":["admin"],"expires_in":60}"#] {
        let answer = client.send("POST", "/dev/token", None, &[], body);
        assert_eq!(
            (answer.status, &answer.json()["token_type"]),
            (200, &json!("Bearer")),
            "{body}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let wrong = r#"{"role":"admin","roles":["user",1],"expires_in":"1h"}"#;
    let answer = client.send("POST", "/dev/token", None, &[], wrong);
    let places: Vec<_> = answer.json()["errors"].as_array().unwrap().clone();
    let places: Vec<_> = places.iter().map(|error| error["loc"].clone()).collect();
    assert_eq!(
        places,
        [json!(["body", "roles", 1]), json!(["body", "expires_in"]), json!(["body", "role"])]
    );
    let endless = client.send("POST", "/dev/token", None, &[], r#"{"expires_in":0}"#);
    assert_eq!((endless.status, endless.error().as_str()), (422, "VALIDATION_ERROR"));
    let discovery = client.ask("GET", "/dev/.well-known/openid-configuration", None).json();
    assert_eq!(discovery["jwks_uri"], "http://127.0.0.1:8000/dev/keys");
    assert!(client.ask("GET", "/dev/keys", None).json()["keys"][0]["n"].is_string());
}
