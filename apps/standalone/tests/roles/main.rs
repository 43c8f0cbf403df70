//! Who may do what: every operation of both ports, tried by everybody who may come.
//!
//! The operations are those of the OpenAPI documents as they are served. One that has no row in
//! `table.rs` fails the test, and so does a row that is no operation's.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod scene;
mod table;

use std::collections::BTreeSet;

use registry_testkit::Api;
use serde_json::Value;

use crate::scene::{Mode, Scene};
use crate::table::{Port, ROWS, Row};

/// Every operation in a port's document, as `METHOD path`.
async fn operations(api: &Api) -> BTreeSet<String> {
    let document = api.get("/openapi.json").await.expect(200).json();
    let paths = document["paths"].as_object().expect("paths").clone();
    let methods = ["get", "put", "post", "patch", "delete"];
    let of_path = |(path, item): (String, Value)| {
        let has = move |method: &&str| item.get(*method).is_some();
        let named = move |method: &str| format!("{} {path}", method.to_uppercase());
        methods.into_iter().filter(has).map(named).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn the_table_has_every_operation_of_both_ports_and_no_other() {
    let scene = Scene::start(Mode::Open).await;
    for port in [Port::Api, Port::Gateway] {
        let served = operations(&scene.at(port)).await;
        let rows: BTreeSet<String> =
            ROWS.iter().filter(|row| row.port == port).map(Row::name).collect();
        let missing: Vec<_> = served.difference(&rows).collect();
        assert!(missing.is_empty(), "operations without a row in table.rs: {missing:#?}");
        let stale: Vec<_> = rows.difference(&served).collect();
        assert!(stale.is_empty(), "rows of no operation: {stale:#?}");
    }
}

/// Tries every operation as everybody and compares with the table.
async fn everybody_may_do_what_the_table_says(mode: Mode) {
    let scene = Scene::start(mode).await;
    let mut wrong = vec![];
    for row in ROWS {
        for (who, expected) in row.expected(mode) {
            let status = scene.attempt(row, who).await;
            if !expected.contains(&status) {
                let name = row.name();
                wrong.push(format!("{name} as {who:?}: {status}, not one of {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{mode:?}:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_where_the_api_is_open() {
    everybody_may_do_what_the_table_says(Mode::Open).await;
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_where_the_api_is_protected() {
    everybody_may_do_what_the_table_says(Mode::Protected).await;
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_where_nothing_is_written() {
    everybody_may_do_what_the_table_says(Mode::ReadOnly).await;
}
