//! What is asserted of all steps together.

use std::collections::BTreeSet;
use std::sync::Arc;

use libtest_mimic::Failed;

use crate::cluster::{Database, texts};
use crate::counters::Counters;
use crate::scene::{ROUNDS, Scene, Step};
use crate::{collections, documents, fill, grants, logs, oauth, people, registrations, servers};

/// Every index.
const INDEXES: &str = "SELECT relname::text FROM pg_index JOIN pg_class ON oid = indexrelid \
                       WHERE relnamespace = 'public'::regnamespace";

/// The primary keys that no query looks into: they are there to keep ids unique. (Of a table
/// of a few rows all are read.)
const ONLY_KEYS: [&str; 13] = [
    "__diesel_schema_migrations_pkey",
    "api_keys_pkey",
    "event_head_pkey",
    "leases_pkey",
    "oauth_denials_pkey",
    "oauth_keys_pkey",
    "replica_messages_pkey",
    "replicas_pkey",
    "server_credentials_pkey",
    "server_drifts_pkey",
    "server_prompts_pkey",
    "server_resources_pkey",
    "server_tools_pkey",
];

/// The steps that may read a large table from end to end, and how many rows in a round at most: a
/// substring can be anywhere, servers are counted by what no index has, sessions after every so
/// many, and clients that register themselves each time.
const EXEMPT: [(&str, &str, u64); 5] = [
    ("search_registrations", "registrations", 101_000),
    ("search_servers", "servers", 101_000),
    ("count_servers", "servers", 101_000),
    ("put_session", "sessions", 51_000),
    ("insert_client", "oauth_clients", 101_000),
];

/// Runs all steps on large data.
pub(crate) async fn check() -> Result<(), Failed> {
    let database = Arc::new(Database::migrated().await?);
    fill::fill(&database).await?;
    let client = database.connect().await?;
    let mut faults = Vec::new();
    let mut in_use: BTreeSet<&str> = ONLY_KEYS.into();
    let mut before = Counters::now(&client).await?;
    let all = [
        people::steps(),
        documents::steps(),
        collections::steps(),
        registrations::steps(),
        servers::steps(),
        logs::steps(),
        oauth::steps(),
        grants::steps(),
    ];
    for step in all.iter().flatten() {
        run(step, &database).await.map_err(|error| format!("{}: {error:?}", step.name))?;
        let after = Counters::now(&client).await?;
        let done = after.since(&before);
        before = after;
        for index in step.uses {
            if !done.scanned.iter().any(|scanned| scanned == index) {
                faults.push(format!("{} does not use {index}", step.name));
            }
            in_use.insert(index);
        }
        for (table, rows) in done.read {
            let may = |(name, of, _): &&(&str, &str, u64)| *name == step.name && *of == table;
            if rows > ROUNDS * EXEMPT.iter().find(may).map_or(0, |(_, _, most)| *most) {
                faults.push(format!("{} reads {table} from end to end: {rows} rows", step.name));
            }
        }
        for (table, rows) in done.fetched {
            if rows > ROUNDS * step.fetches {
                faults.push(format!("{} fetches {rows} rows of {table}", step.name));
            }
        }
    }
    let indexes = texts(&client, INDEXES).await?;
    let keys = texts(&client, &format!("{INDEXES} AND indisprimary")).await?;
    for index in &indexes {
        if !in_use.contains(index.as_str()) {
            faults.push(format!("{index} is used by no step"));
        }
    }
    for index in ONLY_KEYS {
        if !keys.iter().any(|key| key == index) {
            faults.push(format!("{index} is no primary key"));
        }
    }
    assert!(indexes.len() >= 25, "{indexes:?}");
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

async fn run(step: &Step, database: &Arc<Database>) -> Result<(), Failed> {
    let scene = Scene::open(database).await?;
    for round in 0..ROUNDS {
        (step.run)(&scene, round).await?;
    }
    scene.store.close().await;
    Ok(())
}
