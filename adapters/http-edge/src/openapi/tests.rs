//! Completing a document.

use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use super::*;

#[utoipa::path(
    post, path = "/things/{id}", operation_id = "make_thing", security(("bearer" = [])),
    params(("id" = String, Path, description = "Which")),
    request_body(content = Object, example = json!({"name": "x"})),
    extensions(("x-error-codes" = json!(["SERVER_NOT_FOUND", "NO_SUCH_CODE"]))),
    responses((status = 201, description = "Made"), (status = 503, description = "Its own words")),
)]
fn make() {}

#[utoipa::path(get, path = "/open", responses((status = 200, description = "Seen")))]
fn look() {}

#[utoipa::path(
    get, path = "/keys", tag = "api keys", security(("bearer" = [])),
    responses((status = 200, description = "Keys")),
)]
fn keys() {}

#[derive(utoipa::OpenApi)]
#[openapi(paths(make, look, keys))]
struct Document;

fn completed() -> OpenApi {
    let mut document = Document::openapi();
    // What the functions do is of no interest here.
    make();
    look();
    keys();
    complete(&mut document);
    document
}

fn as_json() -> Value {
    serde_json::to_value(completed()).unwrap()
}

#[test]
fn a_token_a_body_and_a_parameter_bring_their_codes_along() {
    let document = as_json();
    let operation = &document["paths"]["/things/{id}"]["post"];
    let codes: Vec<&str> = operation["x-error-codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap())
        .collect();
    for code in [
        "BAD_REQUEST",
        "MALFORMED_JSON",
        "AUTHENTICATION_REQUIRED",
        "SERVER_NOT_FOUND",
        "PAYLOAD_TOO_LARGE",
        "UNSUPPORTED_MEDIA_TYPE",
        "VALIDATION_ERROR",
        "RATE_LIMIT_EXCEEDED",
        "INTERNAL_ERROR",
        "DATABASE_UNAVAILABLE",
    ] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    let content = &operation["responses"]["404"]["content"]["application/problem+json"];
    assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem");
    let reference = &content["examples"]["SERVER_NOT_FOUND"]["$ref"];
    assert_eq!(reference, "#/components/examples/SERVER_NOT_FOUND");
    let example = &document["components"]["examples"]["SERVER_NOT_FOUND"]["value"];
    assert_eq!((&example["status"], &example["error"]), (&json!(404), &json!("SERVER_NOT_FOUND")));
}

#[test]
fn a_key_does_instead_of_a_token_but_where_keys_are_managed() {
    let document = as_json();
    let scheme = &document["components"]["securitySchemes"]["api_key"];
    assert_eq!((&scheme["in"], &scheme["name"]), (&json!("header"), &json!("X-API-Key")));
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    let either = json!([{"bearer": []}, {"api_key": []}]);
    assert_eq!(security("/things/{id}", "post"), either);
    assert_eq!(security("/keys", "get"), json!([{"bearer": []}]));
    assert_eq!(security("/open", "get"), Value::Null);
}

#[test]
fn an_open_address_can_only_break() {
    let document = as_json();
    let operation = &document["paths"]["/open"]["get"];
    assert_eq!(operation["x-error-codes"], json!(["INTERNAL_ERROR"]));
    assert!(operation["responses"]["200"]["headers"]["X-Request-ID"].is_object());
}

#[test]
fn what_an_operation_says_itself_stays_and_what_is_no_code_is_found() {
    let document = as_json();
    let responses = &document["paths"]["/things/{id}"]["post"]["responses"];
    assert_eq!(responses["503"]["description"], "Its own words");
    let stated = Document::openapi();
    let unknown: Vec<&str> = operations::each(&stated)
        .into_iter()
        .flat_map(|(_, _, operation)| operations::unknown_codes(operation))
        .collect();
    assert_eq!(unknown, ["NO_SUCH_CODE"]);
}
