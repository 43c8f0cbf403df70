//! Followers: while many write, and when they are lied to.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use registry_contract::DEADLINE;
use registry_domain::event::EventSeq;
use registry_domain::ports::{EventLog as _, RegistrationStore as _};
use registry_postgres::{PgOptions, PgStore};
use tokio::runtime::Handle;

use crate::cluster::Database;
use crate::support::{eventually, open, submission, submitted};

const REPLICAS: u32 = 3;
const WRITES: u32 = 40;

/// Reads whatever there is, again and again, up to a position; answers the positions that it saw.
async fn follow(store: &PgStore, last: EventSeq) -> Result<Vec<i64>, Failed> {
    let (mut seen, mut position) = (Vec::new(), EventSeq(0));
    while position < last {
        for entry in store.after(position, 7).await? {
            position = entry.seq;
            seen.push(entry.seq.0);
        }
        if position < last {
            store.wait(position).await;
        }
    }
    Ok(seen)
}

pub(crate) async fn no_follower_skips_an_event_while_replicas_write() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(open(database.options()?).await?);
    }
    let last = EventSeq(i64::from(REPLICAS * WRITES));
    let followers = replicas.iter().map(|replica| {
        let replica = Arc::clone(replica);
        Handle::current().spawn(async move { follow(&replica, last).await })
    });
    let followers: Vec<_> = followers.collect();
    let mut writes = Vec::new();
    for number in 0..REPLICAS * WRITES {
        for replica in replicas.iter().cycle().skip(usize::try_from(number)?).take(1) {
            let (replica, change) = (Arc::clone(replica), submission(replica, number).await?);
            let write = async move { replica.commit(&change).await };
            writes.push(Handle::current().spawn(write));
        }
    }
    for written in try_join_all(writes).await? {
        written?;
    }
    let expected: Vec<i64> = (1..=last.0).collect();
    for seen in tokio::time::timeout(DEADLINE, try_join_all(followers)).await?? {
        assert_eq!(seen?, expected);
    }
    Ok(())
}

/// Whether somebody who waits for an event after this one is left waiting for a good while.
async fn rests(store: &PgStore, position: EventSeq) -> bool {
    tokio::time::timeout(Duration::from_millis(300), store.wait(position)).await.is_err()
}

pub(crate) async fn a_forged_notification_neither_spins_nor_hides_events() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    // Without the slow look: what is seen, notifications told of.
    let options = PgOptions { poll_interval: Duration::from_hours(1), ..database.options()? };
    let (store, beside) = (open(options.clone()).await?, open(options).await?);
    let mut position = store.latest().await?;
    for (round, lie) in ["9223372036854775807", "-1", "", "nonsense"].into_iter().enumerate() {
        for _ in 0..100 {
            let forged = format!("SELECT pg_notify('mcp_registry_events', '{lie}')");
            client.batch_execute(&forged).await?;
        }
        assert!(rests(&store, position).await, "{lie}");
        assert_eq!(store.latest().await?, position);
        submitted(&beside, u32::try_from(round)?).await?;
        tokio::time::timeout(DEADLINE, store.wait(position)).await?;
        let [next] = <[_; 1]>::try_from(store.after(position, 10).await?)
            .map_err(|events| format!("expected one: {events:?}"))?;
        position = next.seq;
    }
    Ok(())
}

pub(crate) async fn a_counter_that_went_back_is_believed() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let store = open(database.options()?).await?;
    let position = store.latest().await?;
    client.batch_execute("UPDATE event_head SET seq = seq + 1000").await?;
    tokio::time::timeout(DEADLINE, store.wait(position)).await?;
    client.batch_execute("UPDATE event_head SET seq = seq - 1000").await?;
    eventually("the old number is forgotten", || async { Ok(rests(&store, position).await) })
        .await?;
    submitted(&store, 1).await?;
    tokio::time::timeout(DEADLINE, store.wait(position)).await?;
    Ok(())
}
