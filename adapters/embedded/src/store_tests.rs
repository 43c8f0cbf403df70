//! What only this adapter can get wrong: the file, its lock, its room, its one writer.

use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use jiff::Timestamp;
use registry_domain::id::UserId;
use registry_domain::ports::{Ensured, Outcome, UserStore as _};
use registry_domain::user::Identity;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

async fn opened(options: EmbeddedOptions) -> (Arc<EmbeddedStore>, PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let (clock, tracker) = (Arc::new(Epoch), TaskTracker::new());
    let store =
        EmbeddedStore::open(&path, options, clock, Handle::current(), tracker).await.unwrap();
    (store, path, folder)
}

async fn ensured(store: &EmbeddedStore, name: &str) -> Result<Ensured, PortError> {
    ensured_as(store, name, 1).await
}

async fn ensured_as(store: &EmbeddedStore, name: &str, id: u128) -> Result<Ensured, PortError> {
    let identity = Identity {
        subject: name.to_owned(),
        tenant: None,
        email: None,
        display_name: None,
        in_admin_group: None,
    };
    store.ensure_user(&identity, UserId(Uuid::from_u128(id))).await
}

fn is_unavailable_and_not_applied<T>(result: &Result<T, PortError>) -> bool {
    matches!(result, Err(PortError::Unavailable { outcome: Outcome::NotApplied, .. }))
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_side_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (store, _, folder) = opened(EmbeddedOptions::for_testing()).await;
    ensured(&store, "ada").await.unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        seen += 1;
    }
    assert!(seen >= 3, "the database, its log and its lock");
}

#[tokio::test]
async fn while_another_process_writes_a_write_is_refused_in_bounded_time() {
    let busy_timeout = Duration::from_millis(1);
    let options = EmbeddedOptions { busy_timeout, ..EmbeddedOptions::for_testing() };
    let (store, path, _folder) = opened(options).await;
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused = ensured(&store, "ada").await;
    assert!(is_unavailable_and_not_applied(&refused), "{refused:?}");
    other.batch_execute("COMMIT").unwrap();
    assert!(matches!(ensured(&store, "ada").await, Ok(Ensured::Created(_))));
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let (store, _, _folder) = opened(EmbeddedOptions::for_testing()).await;
    ensured(&store, "ada").await.unwrap();
    // SQLite answers a full disk and a full allowance of pages alike. One page is less than there
    // are: it takes the present number.
    store.write("test", |conn| Ok(conn.batch_execute("PRAGMA max_page_count = 1")?)).await.unwrap();
    let long = "x".repeat(1_000_000);
    let refused = ensured_as(&store, &long, 2).await;
    assert!(is_unavailable_and_not_applied(&refused), "{refused:?}");
    assert!(matches!(ensured(&store, "ada").await, Ok(Ensured::Same(_))));
    store
        .write("test", |conn| Ok(conn.batch_execute("PRAGMA max_page_count = 1000000")?))
        .await
        .unwrap();
    assert!(matches!(ensured_as(&store, &long, 2).await, Ok(Ensured::Created(_))));
}

#[tokio::test]
async fn a_commit_that_fails_leaves_the_writer_usable() {
    let (store, _, _folder) = opened(EmbeddedOptions::for_testing()).await;
    let broken = "PRAGMA defer_foreign_keys = ON;
        INSERT INTO registrations (endpoint_url, endpoint_name, owner_contact, submitter_id)
        VALUES ('https://a.example.com', 'name', 'contact', 'nobody')";
    let refused = store.write("test", move |conn| Ok(conn.batch_execute(broken)?)).await;
    assert!(is_unavailable_and_not_applied(&refused), "{refused:?}");
    assert!(matches!(ensured(&store, "ada").await, Ok(Ensured::Created(_))));
}

#[tokio::test]
async fn a_query_that_panics_leaves_the_store_usable() {
    let (store, _, _folder) = opened(EmbeddedOptions::for_testing()).await;
    let panicked = store
        .write::<()>("test", |conn| {
            conn.batch_execute("DELETE FROM users")?;
            panic!("on purpose")
        })
        .await;
    assert!(matches!(panicked, Err(PortError::Corrupt { .. })), "{panicked:?}");
    for _ in 0..10 {
        let panicked = store.read::<()>("test", |_| panic!("on purpose")).await;
        assert!(matches!(panicked, Err(PortError::Corrupt { .. })), "{panicked:?}");
    }
    assert!(matches!(ensured(&store, "ada").await, Ok(Ensured::Created(_))));
}
