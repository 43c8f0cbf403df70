//! Writing: named transactions, in tracked tasks of the main runtime, out of the caller's reach.
//!
//! A caller that stops waiting (its client went away) neither interrupts a write nor gives its
//! connection back before it has ended; shutdown waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, TransactionManager as _};
use registry_domain::event::RegistryEvent;
use registry_domain::id::EventId;
use registry_domain::ports::PortError;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::error::{StoreError, is_refusal};
use crate::events;
use crate::read::{measure, note_retry};
use crate::store::{Core, PgStore};

/// How often a write is tried.
const MAX_ATTEMPTS: u32 = 3;
/// How long the second try waits for whom the first one met; the third waits twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// A transaction under way.
pub(crate) struct Tx<'c> {
    /// Its connection.
    pub(crate) conn: &'c mut Connection,
    /// The position of the last event that it wrote.
    pub(crate) newest: Option<i64>,
}

/// What to do when the answer to a commit got lost.
pub(crate) enum AfterLoss<R> {
    /// Say so: nobody can know.
    Tell,
    /// Do it again: twice comes to the same as once.
    Again,
    /// Look for the event that was written with it; if it is there, this was the answer.
    LookFor(EventId, R),
}

impl<R> AfterLoss<R> {
    /// Looks for the first of the events that were written with it.
    pub(crate) fn look_for(events: &[RegistryEvent], output: R) -> Self {
        events.first().map_or(Self::Tell, |event| Self::LookFor(event.id, output))
    }
}

/// A write: all of it, or nothing. It may run more than once.
#[async_trait]
pub(crate) trait Write: Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Its name in metrics and logs.
    const NAME: &'static str;

    /// Does it. Events come last: from them on, no other transaction can write any.
    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Output, StoreError>;

    /// Says what a unique index's refusal means. The transaction is rolled back by then: who holds
    /// the key can be asked.
    async fn explain(
        &self,
        _conn: &mut Connection,
        index: String,
        source: DieselError,
    ) -> Result<StoreError, StoreError> {
        Ok(StoreError::Duplicate { index, source })
    }

    /// What to do when the answer to its commit got lost.
    fn after_loss(&self) -> AfterLoss<Self::Output> {
        AfterLoss::Tell
    }
}

impl PgStore {
    /// Writes. Who waits for events is woken after the commit.
    pub(crate) async fn write<W: Write>(&self, work: W) -> Result<W::Output, PortError> {
        let core = Arc::clone(&self.core);
        let writing = async move {
            let done = core.write(&work).await;
            // Nobody may be answered from what was remembered before this: not even where it is
            // not known whether it happened.
            if let Some(watch) = core.commits.get()
                && matches!(done, Ok(_) | Err(StoreError::Late(_) | StoreError::Lost(_)))
            {
                watch.committed(W::NAME).await;
            }
            done
        };
        let task = self.tracker.spawn_on(writing, &self.handle);
        Ok(task.await.map_err(StoreError::from).flatten()?)
    }
}

impl Core {
    async fn write<W: Write>(&self, work: &W) -> Result<W::Output, StoreError> {
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let error = match self.attempt(work).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let again = match error {
                StoreError::Lost(cause) => match work.after_loss() {
                    AfterLoss::Tell => return Err(StoreError::Lost(cause)),
                    AfterLoss::LookFor(event, output) => {
                        return self.settle(event, cause).await.map(|()| output);
                    }
                    AfterLoss::Again => StoreError::Lost(cause),
                },
                error if error.may_pass_later() && self.was_quick(started) => error,
                error => return Err(error),
            };
            if attempt == MAX_ATTEMPTS {
                return Err(again);
            }
            note_retry(W::NAME, attempt, &again);
            tokio::time::sleep(PAUSE.saturating_mul(attempt)).await;
            attempt += 1;
        }
    }

    async fn attempt<W: Write>(&self, work: &W) -> Result<W::Output, StoreError> {
        let mut loan = self.borrow().await?;
        let started = Instant::now();
        let done = self.transact(&mut loan, work).await;
        measure(W::NAME, started);
        if matches!(done, Err(StoreError::Late(_) | StoreError::Lost(_))) {
            // Its answer may still come: nobody else may get it.
            drop(Object::take(loan));
        }
        done
    }

    async fn transact<W: Write>(
        &self,
        conn: &mut Connection,
        work: &W,
    ) -> Result<W::Output, StoreError> {
        let patience = self.options.answer_timeout;
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
        let mut tx = Tx { conn, newest: None };
        timeout(patience, AnsiTransactionManager::begin_transaction_sql(tx.conn, begin))
            .await?
            .map_err(StoreError::Begin)?;
        let done = timeout(patience, work.run(&mut tx)).await?;
        let Tx { conn, newest } = tx;
        let output = match done {
            Ok(output) => output,
            Err(error) => {
                // A connection whose rollback fails is replaced by the pool.
                let rolled_back = AnsiTransactionManager::rollback_transaction(conn);
                timeout(patience, rolled_back).await?.ok();
                return match error {
                    StoreError::Duplicate { index, source } => {
                        Err(timeout(patience, work.explain(conn, index, source)).await??)
                    }
                    error => Err(error),
                };
            }
        };
        match timeout(patience, AnsiTransactionManager::commit_transaction(conn)).await {
            Ok(Ok(())) => {
                if let Some(newest) = newest {
                    events::publish(&self.newest, newest);
                }
                Ok(output)
            }
            Ok(Err(error)) if is_refusal(&error) => Err(StoreError::Refused(error)),
            Ok(Err(error)) => Err(StoreError::Lost(Box::new(error))),
            Err(late) => Err(StoreError::Lost(Box::new(late))),
        }
    }
}
