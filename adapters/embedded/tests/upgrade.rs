//! A file of each earlier schema, with rows in it, is brought up to date and keeps them.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use registry_contract::{MockClock, StorePorts, upgrade};
use registry_embedded::{EmbeddedOptions, EmbeddedStore};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// The steps in their order: each one's version and script.
fn steps() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read = |name: &String| {
        let version = name.split('_').next().unwrap().replace('-', "");
        (version, fs::read_to_string(folder.join(name).join("up.sql")).unwrap())
    };
    names.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_earlier_schema_is_brought_up_to_date_with_its_rows() {
    let steps = steps();
    for count in 1..=steps.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.db");
        {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
            conn.batch_execute(
                "PRAGMA foreign_keys = ON; \
                 CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY \
                 NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
            )
            .unwrap();
            for (version, script) in steps.iter().take(count) {
                conn.batch_execute(script).unwrap();
                conn.batch_execute(&format!(
                    "INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"
                ))
                .unwrap();
            }
            for rows in (1..=count).filter_map(|step| upgrade::rows_of(step, false)) {
                conn.batch_execute(&rows).unwrap();
            }
        }
        let options = EmbeddedOptions::for_testing();
        let (clock, tracker) = (Arc::new(MockClock::new()), TaskTracker::new());
        let opened =
            EmbeddedStore::open(&path, options, clock, Handle::current(), tracker).await.unwrap();
        upgrade::check(&StorePorts::of(opened), count).await.unwrap();
    }
}
