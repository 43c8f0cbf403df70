//! The clients that people use, each as it is, against servers of both eras, at both doors: what
//! each does is a row of the table (`table.rs`), which is committed as `docs/CLIENTS.md`.

mod inspector;
mod rust;
mod scripts;
mod table;

use std::path::Path;

use registry_testkit::{
    assert_committed,
    upstreams::{Era, RmcpOptions, RmcpServer, Workbench},
};
use serde_json::{Map, Value, json};

use crate::support::World;
use table::{ACTIONS, Row, rows};

/// What a client found, by action.
type Found = Map<String, Value>;

/// A place to be a client at.
struct Door<'a> {
    url: String,
    token: &'a str,
    /// What names of tools and prompts begin with here.
    prefix: &'static str,
    /// The one resource.
    uri: &'static str,
    /// The handles on the server behind it.
    bench: &'a Workbench,
}

/// One client's rows, each against both upstreams at both doors.
async fn does_what_its_rows_say(client: &str) {
    let world = World::start().await;
    let upstream = |era| RmcpServer::start(RmcpOptions { era, asks: true, ..Default::default() });
    let (old, new) = (upstream(Era::LegacyOnly), upstream(Era::ModernOnly));
    world.list("old", &old.url()).await;
    world.list("new", &new.url()).await;
    let gateway = world.gateway_url();
    let door = |path: &str, prefix, uri, server| {
        let (url, bench) = (format!("{gateway}{path}"), RmcpServer::workbench(server));
        Door { url, token: &world.user, prefix, uri, bench }
    };
    let doors = [
        door("/servers/old/mcp", "", "note://welcome", &old),
        door("/servers/new/mcp", "", "note://welcome", &new),
        door("/mcp", "old__", "old+note://welcome", &old),
        door("/mcp", "new__", "new+note://welcome", &new),
    ];
    for row in rows(client) {
        for door in &doors {
            let found = match client {
                "rmcp" => rust::run(row.era, door).await,
                "inspector" => inspector::run(row.era, door).await,
                _ => scripts::run(&row, door).await,
            };
            judge(&row, door, &found);
        }
    }
}

/// Holds what a client found against its row: it does all that the row does not say it cannot do.
fn judge(row: &Row, door: &Door<'_>, found: &Found) {
    let place = format!("{} {} at {} {}", row.client, row.era, door.url, door.prefix);
    if let Some(revision) = found.get("revision").and_then(Value::as_str) {
        assert_eq!(revision == "2026-07-28", row.era == "modern", "{place}: {revision}");
    }
    for action in ACTIONS {
        if row.client == "remote" && action == "progress" {
            // What the table says of it: not all arrives, but what does is in order.
            let steps = found.get(action).cloned().unwrap_or_default();
            let steps: Vec<f64> = serde_json::from_value(steps).expect("numbers");
            assert!(steps.is_sorted() && steps.len() <= 3, "{place}: {found:?}");
            continue;
        }
        if row.reason(action).is_some() {
            assert_eq!(found.get(action), None, "{place}: the table says that it cannot {action}");
            continue;
        }
        let did = found.get(action).unwrap_or(&Value::Null);
        let expected = match action {
            "list" => {
                let tool = json!(format!("{}echo", door.prefix));
                assert!(did.as_array().is_some_and(|all| all.contains(&tool)), "{place}: {did}");
                continue;
            }
            "call" => json!("hello"),
            "read" => json!("the note welcome"),
            "prompt" => json!("Say hello to Ada"),
            "progress" => json!([1.0, 2.0, 3.0]),
            "elicit" => json!("hello Ada"),
            _ => json!("cancelled"),
        };
        // One is 1 to some and 1.0 to others.
        let did = match did.as_array() {
            Some(steps) => steps.iter().map(Value::as_f64).collect(),
            None => did.clone(),
        };
        assert_eq!(did, expected, "{place}: {action}: {found:?}");
    }
}

#[tokio::test]
async fn the_sdk_of_rust_does_what_its_rows_say() {
    does_what_its_rows_say("rmcp").await;
}

#[tokio::test]
async fn the_sdk_of_python_does_what_its_rows_say() {
    does_what_its_rows_say("mcp").await;
}

#[tokio::test]
async fn fastmcp_does_what_its_rows_say() {
    does_what_its_rows_say("fastmcp").await;
}

#[tokio::test]
async fn the_first_sdk_of_typescript_does_what_its_rows_say() {
    does_what_its_rows_say("v1").await;
}

#[tokio::test]
async fn the_second_sdk_of_typescript_does_what_its_rows_say() {
    does_what_its_rows_say("v2").await;
}

#[tokio::test]
async fn mcp_remote_does_what_its_rows_say() {
    does_what_its_rows_say("remote").await;
}

#[tokio::test]
async fn the_inspector_does_what_its_rows_say() {
    does_what_its_rows_say("inspector").await;
}

#[test]
fn the_committed_document_of_clients_is_this_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLIENTS.md");
    assert_committed(Path::new(path), &table::document());
}
