//! Writing many servers in one transaction.

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::event::RegistryEvent;
use registry_domain::ports::{Atomicity, BatchItem};
use registry_domain::server::Server;

use super::write;
use crate::error::StoreError;
use crate::events;

/// Writes changes, and answers for each.
pub(super) fn commit(
    conn: &mut SqliteConnection,
    changes: &[Change<Server>],
    atomicity: Atomicity,
    now: Timestamp,
) -> Result<Vec<BatchItem>, StoreError> {
    match atomicity {
        Atomicity::AllOrNothing => commit_all(conn, changes, now),
        Atomicity::PerItem => changes.iter().map(|change| commit_one(conn, change, now)).collect(),
    }
}

/// A refused change leaves nothing behind: it has a savepoint of its own.
fn commit_one(
    conn: &mut SqliteConnection,
    change: &Change<Server>,
    now: Timestamp,
) -> Result<BatchItem, StoreError> {
    match conn.transaction(|conn| write::commit(conn, change, now)) {
        Ok(()) => Ok(BatchItem::Written),
        Err(error) if error.is_about_the_change() => Ok(BatchItem::Refused(error.into())),
        Err(error) => Err(error),
    }
}

fn commit_all(
    conn: &mut SqliteConnection,
    changes: &[Change<Server>],
    now: Timestamp,
) -> Result<Vec<BatchItem>, StoreError> {
    let mut written = 0;
    let done = conn.transaction(|conn| {
        for change in changes {
            write::write(conn, change, now)?;
            written += 1;
        }
        let happened: Vec<RegistryEvent> =
            changes.iter().flat_map(|change| change.events.iter().cloned()).collect();
        events::append(conn, &happened, None)
    });
    match done {
        Ok(()) => Ok(changes.iter().map(|_| BatchItem::Written).collect()),
        Err(error) if error.is_about_the_change() => {
            let mut items: Vec<BatchItem> = changes.iter().map(|_| BatchItem::Undone).collect();
            if let Some(item) = items.get_mut(written) {
                *item = BatchItem::Refused(error.into());
            }
            Ok(items)
        }
        Err(error) => Err(error),
    }
}
