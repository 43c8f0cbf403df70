//! Transactions: named, measured, and out of the caller's reach.
//!
//! A whole transaction is one closure on a blocking thread, inside a task of the main runtime. A
//! caller that stops waiting (its client went away) neither interrupts it nor gives its connection
//! back before it has ended; a write is tracked besides, so that shutdown waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use diesel::SqliteConnection;
use diesel::connection::{AnsiTransactionManager, Connection as _, TransactionManager as _};
use registry_domain::ports::PortError;

use crate::connection::{Connections, Loan};
use crate::error::StoreError;
use crate::events;
use crate::store::EmbeddedStore;

/// How often a write asks for the file's one write lock. Each time SQLite itself waits for the
/// busy timeout, while another process writes.
const MAX_ATTEMPTS: u32 = 3;

impl EmbeddedStore {
    /// Reads: everything in `work` sees the same state of the file.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut SqliteConnection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, PortError> {
        let (pool, patience) = (self.readers.clone(), self.options.acquire_timeout);
        let task = self.handle.spawn(async move {
            let mut conn = borrow(&pool, patience).await?;
            let started = Instant::now();
            // An error inside is a value to `spawn_blocking`: only diesel's own travel as such.
            let done =
                conn.spawn_blocking(move |conn| Ok(contained(|| conn.transaction(work)))).await?;
            measure(name, started);
            done
        });
        Ok(task.await.map_err(StoreError::CutOff).flatten()?)
    }

    /// Writes: all of `work`, or nothing. Who waits for events is woken after the commit.
    pub(crate) async fn write<R: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut SqliteConnection) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, PortError> {
        let (pool, patience) = (self.writer.clone(), self.options.acquire_timeout);
        let (newest, commits) = (self.newest.clone(), self.commits.get().cloned());
        let task = self.tracker.spawn_on(
            async move {
                let mut conn = borrow(&pool, patience).await?;
                let started = Instant::now();
                let done = conn
                    .spawn_blocking(move |conn| {
                        let done = commit(conn, name, work);
                        let latest = done.is_ok().then(|| events::latest(conn).ok()).flatten();
                        Ok((done, latest))
                    })
                    .await;
                measure(name, started);
                let (done, latest) = done?;
                if let Some(latest) = latest {
                    events::publish(&newest, latest);
                }
                // A commit that failed may have happened all the same. Nobody may be answered from
                // what was remembered before it.
                if let Some(watch) = commits
                    && matches!(done, Ok(_) | Err(StoreError::Commit(_)))
                {
                    watch.committed(name).await;
                }
                done
            },
            &self.handle,
        );
        Ok(task.await.map_err(StoreError::CutOff).flatten()?)
    }
}

async fn borrow(pool: &Connections, patience: Duration) -> Result<Loan, StoreError> {
    Ok(tokio::time::timeout(patience, pool.get()).await??)
}

fn commit<R>(
    conn: &mut SqliteConnection,
    name: &'static str,
    work: impl FnOnce(&mut SqliteConnection) -> Result<R, StoreError>,
) -> Result<R, StoreError> {
    begin(conn, name)?;
    match contained(|| work(conn)) {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn).map_err(StoreError::Commit)?;
            Ok(value)
        }
        Err(error) => {
            // A connection whose rollback fails is replaced by the pool.
            AnsiTransactionManager::rollback_transaction(conn)?;
            Err(error)
        }
    }
}

/// Turns a panic into an error: one that got out would poison the connection's mutex, and the next
/// caller's loan would panic in its turn. What the panic left half done does not matter: the
/// transaction is rolled back, or still open, and then the pool replaces the connection.
fn contained<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::Panicked))
}

/// Takes the write lock at once. A transaction that begins by reading could later be refused the
/// lock and would have to start over; this one only ever waits here.
fn begin(conn: &mut SqliteConnection, name: &'static str) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        match AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE") {
            Ok(()) => return Ok(()),
            Err(error) if attempt == MAX_ATTEMPTS => return Err(StoreError::Begin(error)),
            Err(error) => {
                tracing::debug!(name, attempt, %error, "the write lock was not to be had");
                metrics::counter!("mcp_registry_transaction_retries_total", "name" => name)
                    .increment(1);
                attempt += 1;
            }
        }
    }
}

fn measure(name: &'static str, started: Instant) {
    metrics::histogram!("mcp_registry_transaction_seconds", "name" => name)
        .record(started.elapsed());
}
