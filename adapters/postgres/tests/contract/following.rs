//! Followers while many write.

use std::sync::Arc;

use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use registry_contract::DEADLINE;
use registry_domain::event::EventSeq;
use registry_domain::ports::{EventLog as _, RegistrationStore as _};
use registry_postgres::PgStore;
use tokio::runtime::Handle;

use crate::cluster::Database;
use crate::support::{open, submission};

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
