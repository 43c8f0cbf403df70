//! Reading: in a task of the main runtime, measured, and tried again on another connection when
//! the first one turns out to be dead.

use std::sync::Arc;
use std::time::Instant;

use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, TransactionManager as _};
use futures_util::future::BoxFuture;
use registry_domain::ports::PortError;

use crate::connection::{Connection, Loan};
use crate::error::StoreError;
use crate::options::PgOptions;
use crate::store::{Core, PgStore};

/// How often a read is tried.
const MAX_ATTEMPTS: u32 = 3;

/// What a read comes to.
pub(crate) type Answer<'a, R> = BoxFuture<'a, Result<R, StoreError>>;
/// A read of `R` for what was asked, `T`. It may run more than once.
pub(crate) type Reading<T, R> = for<'a> fn(&'a mut Connection, &'a T) -> Answer<'a, R>;

/// What the statements of a read see of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Each the newest state: no transaction, the fewest round trips.
    Newest,
    /// All the same state.
    Snapshot,
    /// Each the newest state, each within the search's time.
    Search,
}

impl PgStore {
    /// Reads what `work` finds for `asked`.
    pub(crate) async fn read<T, R>(
        &self,
        name: &'static str,
        view: View,
        asked: T,
        work: Reading<T, R>,
    ) -> Result<R, PortError>
    where
        T: Send + Sync + 'static,
        R: Send + 'static,
    {
        let core = Arc::clone(&self.core);
        let task = self.handle.spawn(async move { core.read(name, view, &asked, work).await });
        Ok(task.await.map_err(StoreError::from).flatten()?)
    }
}

impl Core {
    /// A connection, once one is free.
    pub(crate) async fn borrow(&self) -> Result<Loan, StoreError> {
        Ok(tokio::time::timeout(self.options.acquire_timeout, self.pool.get()).await??)
    }

    /// Whether what began then cannot have failed for its length, or for that of its wait for a
    /// lock: a second try would wait as long again.
    pub(crate) fn was_quick(&self, started: Instant) -> bool {
        let PgOptions { statement_timeout, search_timeout, lock_timeout, .. } = self.options;
        started.elapsed() < statement_timeout.min(search_timeout).min(lock_timeout)
    }

    async fn read<T, R>(
        &self,
        name: &'static str,
        view: View,
        asked: &T,
        work: Reading<T, R>,
    ) -> Result<R, StoreError> {
        let mut attempt = 1;
        loop {
            let mut loan = self.borrow().await?;
            let started = Instant::now();
            let answer = self.within(&mut loan, view, asked, work);
            let done = tokio::time::timeout(self.options.answer_timeout, answer).await;
            measure(name, started);
            let done = match done {
                Ok(done) => done,
                Err(late) => {
                    // Its answer may still come: nobody else may get it.
                    drop(Object::take(loan));
                    Err(StoreError::Late(late))
                }
            };
            match done {
                Err(error)
                    if attempt < MAX_ATTEMPTS
                        && error.is_about_the_connection()
                        && self.was_quick(started) =>
                {
                    note_retry(name, attempt, &error);
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn within<T, R>(
        &self,
        conn: &mut Connection,
        view: View,
        asked: &T,
        work: Reading<T, R>,
    ) -> Result<R, StoreError> {
        let begin = match view {
            View::Newest => return work(conn, asked).await,
            View::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            View::Search => format!(
                "BEGIN READ ONLY; SET LOCAL statement_timeout = {}",
                self.options.search_timeout.as_millis()
            ),
        };
        AnsiTransactionManager::begin_transaction_sql(conn, &begin)
            .await
            .map_err(StoreError::Begin)?;
        let done = work(conn, asked).await;
        // Nothing was written. A connection whose transaction does not end is replaced by the pool.
        let ended = AnsiTransactionManager::rollback_transaction(conn).await;
        if let Err(error) = ended {
            tracing::debug!(%error, "a read could not be ended");
        }
        done
    }
}

/// Records how long something took.
pub(crate) fn measure(name: &'static str, started: Instant) {
    metrics::histogram!("mcp_registry_transaction_seconds", "name" => name)
        .record(started.elapsed());
}

/// Records that something is tried again.
pub(crate) fn note_retry(name: &'static str, attempt: u32, error: &StoreError) {
    tracing::debug!(name, attempt, %error, "a transaction is tried again");
    metrics::counter!("mcp_registry_transaction_retries_total", "name" => name).increment(1);
}
