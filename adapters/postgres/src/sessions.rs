//! The port `SessionStore` in the database, for replicas without a Redis.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use registry_domain::ports::{PortError, SessionStore, end_after};

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::time;
use crate::read::View;
use crate::schema::sessions;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

/// After a count, so many values may be put per free place before the next one: far fewer than
/// there are, as other replicas put values too.
const SHARE_OF_THE_ROOM: u64 = 32;

/// Sessions in the database, a bounded number of them. Under load several may pass the bound at
/// the same moment: it is there to keep the table small, not to count people.
pub struct PgSessions {
    store: Arc<PgStore>,
    max_sessions: u64,
    /// How many values may be put before they are counted again.
    uncounted: Arc<AtomicU64>,
}

impl PgSessions {
    /// Sessions beside what the store keeps, at most `max_sessions` values at a time.
    pub fn new(store: Arc<PgStore>, max_sessions: usize) -> Self {
        let max_sessions = u64::try_from(max_sessions).unwrap_or(u64::MAX);
        Self { store, max_sessions, uncounted: Arc::default() }
    }

    /// Whether a value may be put without counting first.
    fn has_room(&self) -> bool {
        let spend = |left: u64| left.checked_sub(1);
        self.uncounted.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

impl fmt::Debug for PgSessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PgSessions")
            .field("max_sessions", &self.max_sessions)
            .finish_non_exhaustive()
    }
}

/// Keeps a value until its end.
struct Put {
    key: String,
    value: Bytes,
    now: Timestamp,
    end: Timestamp,
    max_sessions: Option<u64>,
    uncounted: Arc<AtomicU64>,
}

impl Put {
    /// Drops what has ended, and looks whether there is room.
    async fn make_room(&self, conn: &mut Connection, max: u64) -> Result<(), StoreError> {
        diesel::delete(sessions::table.filter(sessions::ends_at.le(time(self.now))))
            .execute(conn)
            .await?;
        let others = sessions::table.filter(sessions::key.ne(&self.key));
        let kept: i64 = others.count().get_result(conn).await?;
        let free = max.saturating_sub(kept.unsigned_abs());
        self.uncounted.store(free / SHARE_OF_THE_ROOM, Ordering::Relaxed);
        if free == 0 { Err(StoreError::Full) } else { Ok(()) }
    }
}

#[async_trait]
impl Write for Put {
    type Output = ();
    const NAME: &'static str = "put_session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if let Some(max) = self.max_sessions {
            self.make_room(tx.conn, max).await?;
        }
        let row = (
            sessions::key.eq(&self.key),
            sessions::value.eq(self.value.as_ref()),
            sessions::ends_at.eq(time(self.end)),
        );
        diesel::insert_into(sessions::table)
            .values(row)
            .on_conflict(sessions::key)
            .do_update()
            .set(row)
            .execute(tx.conn)
            .await?;
        Ok(())
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

/// Takes a value away: of several at once, the row's lock lets one have it.
struct Take {
    key: String,
    now: Timestamp,
}

#[async_trait]
impl Write for Take {
    type Output = Option<Bytes>;
    const NAME: &'static str = "take_session";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Bytes>, StoreError> {
        let living = sessions::table
            .filter(sessions::key.eq(&self.key))
            .filter(sessions::ends_at.gt(time(self.now)));
        let taken: Option<Vec<u8>> = diesel::delete(living)
            .returning(sessions::value)
            .get_result(tx.conn)
            .await
            .optional()?;
        Ok(taken.map(Bytes::from))
    }
}

async fn find(
    conn: &mut Connection,
    (key, now): &(String, Timestamp),
) -> Result<Option<Bytes>, StoreError> {
    let found: Option<Vec<u8>> = sessions::table
        .find(key)
        .filter(sessions::ends_at.gt(time(*now)))
        .select(sessions::value)
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(Bytes::from))
}

#[async_trait]
impl SessionStore for PgSessions {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let now = self.store.clock.now();
        let end = end_after(now, ttl);
        let max_sessions = if self.has_room() { None } else { Some(self.max_sessions) };
        let (key, uncounted) = (key.to_owned(), Arc::clone(&self.uncounted));
        self.store.write(Put { key, value, now, end, max_sessions, uncounted }).await
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let asked = (key.to_owned(), self.store.clock.now());
        self.store
            .read("find_session", View::Newest, asked, |conn, asked| find(conn, asked).boxed())
            .await
    }

    async fn take(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        self.store.write(Take { key: key.to_owned(), now: self.store.clock.now() }).await
    }
}
