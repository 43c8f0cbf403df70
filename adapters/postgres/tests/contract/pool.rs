//! The pool and its bounds.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use libtest_mimic::Failed;
use registry_domain::id::UserId;
use registry_domain::ports::{EventLog as _, PortError, StoreHealth as _, UserStore};
use registry_postgres::PgOptions;
use tokio::runtime::Handle;

use crate::cluster::{Database, number};
use crate::support::{eventually, id, open};

fn backends(database: &Database) -> String {
    // Of ours: the test's own has no name.
    format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' \
         AND application_name LIKE 'mcp-registry%'",
        database.name
    )
}

fn sized(database: &Database) -> Result<PgOptions, Failed> {
    Ok(PgOptions {
        min_connections: 2,
        max_connections: 5,
        idle_timeout: Duration::from_millis(50),
        keep_interval: Duration::from_millis(10),
        ..database.options()?
    })
}

pub(crate) async fn the_pool_grows_to_its_maximum_and_shrinks_to_its_minimum() -> Result<(), Failed>
{
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let store = open(sized(&database)?).await?;
    assert_eq!(store.pool().max, 5);
    assert_eq!(store.pool().size, 2, "the minimum is there from the start");
    // Every reader waits for the table, each with a connection.
    let other = database.connect().await?;
    other.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await?;
    let readers = (0..50).map(|_| {
        let store = Arc::clone(&store);
        Handle::current().spawn(async move { UserStore::find(store.as_ref(), UserId(id())).await })
    });
    let readers = join_all(readers);
    let looks = async {
        eventually("the pool is at its maximum and callers wait", || async {
            Ok(store.pool().size == 5 && store.pool().waiting > 0)
        })
        .await?;
        // One more listens for events.
        assert_eq!(number(&client, &backends(&database)).await?, 6);
        other.batch_execute("COMMIT").await?;
        Ok::<_, Failed>(())
    };
    let (read, looked) = join(readers, looks).await;
    looked?;
    for read in read {
        assert_eq!(read??, None);
    }
    eventually("the pool is at its minimum", || async {
        Ok(store.pool().size == 2 && number(&client, &backends(&database)).await? == 3)
    })
    .await
}

pub(crate) async fn no_backend_is_left_after_closing() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let store = open(sized(&database)?).await?;
    store.latest().await?;
    eventually("the listener is there too", || async {
        Ok(number(&client, &backends(&database)).await? == 3)
    })
    .await?;
    store.close().await;
    eventually("all backends have ended", || async {
        Ok(number(&client, &backends(&database)).await? == 0)
    })
    .await?;
    // A store that is dropped leaves none either.
    drop(open(sized(&database)?).await?);
    eventually("all backends have ended", || async {
        Ok(number(&client, &backends(&database)).await? == 0)
    })
    .await
}

pub(crate) async fn what_is_asked_after_closing_is_unavailable() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let store = open(database.options()?).await?;
    store.close().await;
    let told = store.latest().await;
    assert!(matches!(told, Err(PortError::Unavailable { .. })), "{told:?}");
    Ok(())
}
