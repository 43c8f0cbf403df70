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

/// The paths that the route table names.
pub fn routed_paths() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join("routes.rs")];
    if let Ok(folder) = fs::read_dir(source.join("routes")) {
        files.extend(folder.map(|entry| entry.unwrap().path()));
    }
    let tables: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let paths = tables.split("at(\"").skip(1);
    paths.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_route_is_documented_and_every_documented_operation_is_routed() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::start(developers_api(folder.path()));
    let mut routed = BTreeSet::new();
    for path in routed_paths() {
        let answer = client.ask("TRACE", &path.replace(['{', '}'], ""), None);
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.headers["allow"].split(", ").filter(|method| *method != "HEAD");
        routed.extend(allowed.map(|method| format!("{method} {path}")));
    }
    let documented = documented();
    let undocumented: Vec<_> = routed.difference(&documented).collect();
    assert!(
        undocumented.is_empty(),
        "document them (docs/adding-a-use-case.md): {undocumented:#?}"
    );
    let unrouted: Vec<_> = documented.difference(&routed).collect();
    assert!(unrouted.is_empty(), "documented, but not routed: {unrouted:#?}");
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
