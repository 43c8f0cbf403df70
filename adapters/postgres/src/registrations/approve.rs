//! An approval moves a registration and its server together.

use async_trait::async_trait;
use diesel::result::Error as DieselError;
use jiff::Timestamp;
use registry_domain::event::RegistryEvent;
use registry_domain::ports::ApprovalChange;

use super::{candidate, write};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::write::{AfterLoss, Tx, Write};
use crate::{events, servers};

/// Writes the decision, if it was made on the present candidate, and makes (or changes) the server.
pub(super) struct Approve {
    pub(super) approval: ApprovalChange,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for Approve {
    type Output = ();
    const NAME: &'static str = "commit_approval";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let ApprovalChange { registration: decided, candidate, server } = &self.approval;
        write::write(tx.conn, decided).await?;
        // Whoever records a candidate holds the registration's lock meanwhile: from here on there
        // is no other than this one.
        if candidate::digest(tx.conn, decided.next.id).await? != *candidate {
            return Err(StoreError::Stale(decided.expected));
        }
        servers::write(tx.conn, server, self.now).await?;
        let happened: Vec<&RegistryEvent> = decided.events.iter().chain(&server.events).collect();
        events::append(tx, &happened, None).await
    }

    async fn explain(
        &self,
        conn: &mut Connection,
        index: String,
        source: DieselError,
    ) -> Result<StoreError, StoreError> {
        let ApprovalChange { registration, server, .. } = &self.approval;
        match write::explain(conn, &registration.next, index, source).await? {
            StoreError::Duplicate { index, source } => {
                servers::explain(conn, &server.next, index, source).await
            }
            explained => Ok(explained),
        }
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.approval.registration.events, ())
    }
}
