//! When the answer to a commit got lost: did it happen?
//!
//! The change and its events were committed together or not at all, so one of the events tells of
//! the whole. A commit may still be on its way to the database, though. But then its transaction
//! holds the lock on the event counter, and whoever asks for that lock gets it when the transaction
//! has ended, one way or the other: at the latest when the database ends it for being idle.

use std::time::Duration;

use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, RunQueryDsl};
use registry_domain::id::EventId;
use registry_domain::ports::Source;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::schema::{event_head, events};
use crate::store::Core;

/// How long to leave the database alone between two tries.
const PAUSE: Duration = Duration::from_millis(100);

impl Core {
    /// `Ok` when the commit whose answer got lost happened.
    pub(crate) async fn settle(&self, event: EventId, cause: Source) -> Result<(), StoreError> {
        let asked = tokio::time::timeout(self.options.settle_timeout, async {
            loop {
                match self.is_written(event).await {
                    Ok(is_written) => return is_written,
                    Err(error) => tracing::debug!(%error, "a lost commit cannot be looked for"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
        match asked.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::LostInVain(cause)),
            Err(_) => Err(StoreError::Lost(cause)),
        }
    }

    async fn is_written(&self, event: EventId) -> Result<bool, StoreError> {
        // Not to go back into the pool: if this is given up half-way, the lock ends with it.
        let mut conn = Object::take(self.borrow().await?);
        AnsiTransactionManager::begin_transaction_sql(&mut conn, "BEGIN").await?;
        look(&mut conn, event).await
    }
}

async fn look(conn: &mut Connection, event: EventId) -> Result<bool, StoreError> {
    let _head: i64 = event_head::table.select(event_head::seq).for_update().first(conn).await?;
    // A statement of its own: it sees what was committed while the lock was waited for.
    let written = events::table.filter(events::event_id.eq(event.0));
    Ok(select(exists(written)).get_result(conn).await?)
}
