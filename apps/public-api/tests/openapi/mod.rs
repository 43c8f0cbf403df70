//! The OpenAPI document says what the routes are, and what each operation is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use registry_http_edge::openapi::operations::{each, unknown_codes};
use registry_testkit::assert_committed;
use utoipa::openapi::OpenApi;
use utoipa::openapi::RefOr;

use crate::support::{Client, developers_api};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi/public-api.json");

fn document() -> OpenApi {
    public_api::openapi::document()
}

/// The operations of the document, as `GET /users/{user_id}`.
fn documented() -> BTreeSet<String> {
    each(&document()).iter().map(|(path, method, _)| format!("{method} {path}")).collect()
}

/// The text of the tables of routes.
fn tables() -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let live = here.join("../../adapters/live-feed/src/routes.rs");
    [here.join("src/routes.rs"), live].map(|file| fs::read_to_string(file).unwrap()).concat()
}

/// What the tables say: each path with its methods.
fn routed() -> Vec<(String, Vec<&'static str>)> {
    let methods = |line: &str| {
        let all = ["get", "post", "put", "patch", "delete"];
        all.into_iter().filter(|method| line.contains(&format!(".{method}("))).collect()
    };
    let tables = tables();
    let lines = tables.split("at(\"").skip(1);
    lines
        .map(|line| {
            let (path, rest) = line.split_once('"').unwrap();
            // A line ends where its service does.
            let end = rest.find(".service(").or_else(|| rest.find(';')).unwrap_or(rest.len());
            (path.to_owned(), methods(&rest[..end]))
        })
        .collect()
}

/// The paths that the tables of routes name.
pub fn routed_paths() -> BTreeSet<String> {
    routed().into_iter().map(|(path, _)| path).collect()
}

#[test]
fn every_route_is_documented_and_every_documented_operation_is_routed() {
    let mut operations = BTreeSet::new();
    for (path, methods) in routed() {
        assert!(!methods.is_empty(), "{path} has no method that this test can read");
        operations.extend(methods.iter().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let documented = documented();
    let undocumented: Vec<_> = operations.difference(&documented).collect();
    assert!(
        undocumented.is_empty(),
        "document them (docs/adding-a-use-case.md): {undocumented:#?}"
    );
    let unrouted: Vec<_> = documented.difference(&operations).collect();
    assert!(unrouted.is_empty(), "documented, but not routed: {unrouted:#?}");
}

#[test]
fn an_address_answers_to_the_methods_that_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::start(developers_api(folder.path()));
    let documented = documented();
    let mut asked = 0;
    for path in routed_paths() {
        let answer = client.ask("TRACE", &path.replace(['{', '}'], ""), None);
        // What needs the call path or the live feed is not served here.
        if answer.status == 404 {
            continue;
        }
        assert_eq!(answer.status, 405, "{path}");
        for method in answer.headers["allow"].split(", ").filter(|method| *method != "HEAD") {
            assert!(documented.contains(&format!("{method} {path}")), "{method} {path}");
        }
        asked += 1;
    }
    assert!(asked > 30, "{asked}");
}

#[test]
fn every_operation_is_named_described_and_shown_by_example() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, method, operation) in each(&document) {
        let place = format!("{method} {path}");
        let name = operation.operation_id.as_deref().unwrap_or_default();
        assert!(!name.is_empty() && name != "handle", "{place} needs an operation_id");
        assert!(names.insert(name.to_owned()), "{place}: two operations are called {name}");
        assert!(operation.summary.is_some(), "{place} needs a doc comment");
        let tags = operation.tags.as_deref().unwrap_or_default();
        let known = document.tags.as_deref().unwrap_or_default();
        assert!(known.iter().any(|tag| tags == [tag.name.as_str()]), "{place}: tag {tags:?}");
        assert_eq!(unknown_codes(operation), [""; 0], "{place}: no such codes");
        for parameter in operation.parameters.iter().flatten() {
            let RefOr::T(parameter) = parameter else { continue };
            assert!(parameter.description.is_some(), "{place}: describe {}", parameter.name);
        }
        let mut bodies = Vec::new();
        if let Some(RefOr::T(body)) = &operation.request_body {
            bodies.extend(body.content.values());
        }
        let mut failures = 0;
        for (status, response) in &operation.responses.responses {
            let RefOr::T(response) = response else { continue };
            assert!(!response.description.is_empty(), "{place}: describe {status}");
            assert!(response.headers.contains_key("X-Request-ID"), "{place}: {status}");
            failures += usize::from(status.starts_with(['4', '5']));
            bodies.extend(response.content.values());
        }
        assert!(failures > 0, "{place} has no error responses");
        for body in bodies {
            let RefOr::T(body) = body else { continue };
            let shown = body.example.is_some() || !body.examples.is_empty();
            assert!(shown, "{place}: a body has no example; give its schema's members examples");
        }
    }
}

#[test]
fn the_committed_document_is_the_one_that_the_code_makes() {
    assert_committed(COMMITTED, &(document().to_pretty_json().unwrap() + "\n"));
}
