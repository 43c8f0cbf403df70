//! Writing many servers in one transaction.

use async_trait::async_trait;
use diesel_async::{AnsiTransactionManager, TransactionManager as _};
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::event::RegistryEvent;
use registry_domain::ports::{Atomicity, BatchItem};
use registry_domain::server::Server;

use super::{names, write};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::write::{AfterLoss, Tx, Write};

/// Writes changes and their events, and answers for each.
pub(super) struct CommitBatch {
    pub(super) changes: Vec<Change<Server>>,
    pub(super) atomicity: Atomicity,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for CommitBatch {
    type Output = Vec<BatchItem>;
    const NAME: &'static str = "commit_servers";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<BatchItem>, StoreError> {
        let (items, happened) = match self.atomicity {
            Atomicity::AllOrNothing => self.write_all(tx.conn).await?,
            Atomicity::PerItem => self.write_each(tx.conn).await?,
        };
        events::append(tx, &happened, None).await?;
        Ok(items)
    }

    fn after_loss(&self) -> AfterLoss<Vec<BatchItem>> {
        match self.atomicity {
            Atomicity::AllOrNothing => {
                let written = self.changes.iter().map(|_| BatchItem::Written).collect();
                self.changes
                    .first()
                    .map_or(AfterLoss::Tell, |change| AfterLoss::look_for(&change.events, written))
            }
            // Which of them were written, their events alone do not tell.
            Atomicity::PerItem => AfterLoss::Tell,
        }
    }
}

type Answers<'a> = (Vec<BatchItem>, Vec<&'a RegistryEvent>);

impl CommitBatch {
    async fn write_each(&self, conn: &mut Connection) -> Result<Answers<'_>, StoreError> {
        let mut items = Vec::with_capacity(self.changes.len());
        let mut happened = Vec::new();
        for change in &self.changes {
            match self.within_savepoint(conn, std::slice::from_ref(change)).await? {
                None => {
                    items.push(BatchItem::Written);
                    happened.extend(&change.events);
                }
                Some((_, refusal)) => items.push(BatchItem::Refused(refusal.into())),
            }
        }
        Ok((items, happened))
    }

    async fn write_all(&self, conn: &mut Connection) -> Result<Answers<'_>, StoreError> {
        match self.within_savepoint(conn, &self.changes).await? {
            None => {
                let items = self.changes.iter().map(|_| BatchItem::Written).collect();
                Ok((items, self.changes.iter().flat_map(|change| &change.events).collect()))
            }
            Some((refused, refusal)) => {
                let mut items: Vec<BatchItem> =
                    self.changes.iter().map(|_| BatchItem::Undone).collect();
                if let Some(item) = items.get_mut(refused) {
                    *item = BatchItem::Refused(refusal.into());
                }
                Ok((items, Vec::new()))
            }
        }
    }

    /// Writes changes, all or none; answers which was refused and why.
    async fn within_savepoint(
        &self,
        conn: &mut Connection,
        changes: &[Change<Server>],
    ) -> Result<Option<(usize, StoreError)>, StoreError> {
        AnsiTransactionManager::begin_transaction(conn).await?;
        let mut written = 0;
        for change in changes {
            let Err(error) = write::write(conn, change, self.now).await else {
                written += 1;
                continue;
            };
            AnsiTransactionManager::rollback_transaction(conn).await?;
            let refusal = match error {
                StoreError::Duplicate { index, source } => {
                    names::explain(conn, &change.next, index, source).await?
                }
                error => error,
            };
            return if refusal.is_about_the_change() {
                Ok(Some((written, refusal)))
            } else {
                Err(refusal)
            };
        }
        AnsiTransactionManager::commit_transaction(conn).await?;
        Ok(None)
    }
}
