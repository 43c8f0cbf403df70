//! The document says what the routes are.

use std::collections::BTreeSet;

use registry_http_edge::openapi::operations::{each, unknown_codes};
use registry_testkit::assert_committed;

use super::*;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi/mcp-gateway.json");

/// What stands in the table of routes and is no operation: the document itself, and the prefixes
/// of the paths that read on themselves.
const OTHERS: [&str; 3] = ["/openapi.json", "/servers", "/collections"];

/// The paths that are read below a prefix.
const BELOW: [&str; 4] = [
    "/servers/{alias}/mcp",
    "/servers/{alias}/sse",
    "/servers/{alias}/messages",
    "/collections/{slug}/mcp",
];

/// How the paths end that MCP is spoken at.
const OF_MESSAGES: [&str; 3] = ["/mcp", "/sse", "/messages"];

#[test]
fn every_path_is_documented_and_every_documented_path_is_routed() {
    let table = concat!(
        include_str!("../routes.rs"),
        include_str!("../../../../adapters/live-feed/src/routes.rs")
    );
    let named =
        |start: &'static str| table.split(start).skip(1).filter_map(|rest| rest.split('"').next());
    let mut routed: BTreeSet<&str> = named("at(\"").chain(named("below(\"")).collect();
    for other in OTHERS {
        assert!(routed.remove(other), "{other} is no route any more");
    }
    routed.extend(BELOW);
    let document = document();
    let documented: BTreeSet<&str> = each(&document).iter().map(|(path, _, _)| *path).collect();
    assert_eq!(documented, routed);
}

#[test]
fn errors_of_messages_are_json_rpc_errors() {
    let document = document();
    for (path, _, operation) in each(&document) {
        assert_eq!(unknown_codes(operation), [""; 0], "{path}");
        let answers = serde_json::to_value(&operation.responses).unwrap();
        let refused = &answers["401"]["content"];
        if OF_MESSAGES.iter().any(|end| path.ends_with(end)) {
            let schema = &refused["application/json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/JsonRpcResponse", "{path}");
        } else if operation.security.is_some() {
            assert!(refused["application/problem+json"].is_object(), "{path}: {refused}");
        } else if path != "/oauth/callback" {
            // There it is the identity provider that refuses.
            assert!(refused.is_null(), "{path}: {refused}");
        }
    }
}

#[test]
fn the_committed_document_is_the_one_that_the_code_makes() {
    assert_committed(COMMITTED, &(document().to_pretty_json().unwrap() + "\n"));
}
