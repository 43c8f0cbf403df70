//! A removal takes a registration, its candidate and its server.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::event::RegistryEvent;
use registry_domain::id::Revision;
use registry_domain::registration::Removal;

use crate::error::StoreError;
use crate::schema::registrations;
use crate::write::{AfterLoss, Tx, Write};
use crate::{events, servers};

/// Removes a registration. The events name its server too, so that followers notice that it is
/// gone.
pub(super) struct Remove {
    pub(super) removal: Removal,
    pub(super) alias_free_at: Timestamp,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "commit_removal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self { removal, alias_free_at, now } = self;
        let stored: Option<i64> = registrations::table
            .find(removal.id.0)
            .select(registrations::revision)
            .for_update()
            .first(tx.conn)
            .await
            .optional()?;
        let stored = stored.map(Revision).ok_or(StoreError::Gone)?;
        if stored != removal.expected {
            return Err(StoreError::Stale(Some(stored)));
        }
        let server =
            servers::remove_of_registration(tx.conn, removal.id, *alias_free_at, *now).await?;
        // Candidate, documents and links go with it (ON DELETE CASCADE).
        diesel::delete(registrations::table.find(removal.id.0)).execute(tx.conn).await?;
        let happened: Vec<&RegistryEvent> = removal.events.iter().collect();
        events::append(tx, &happened, server).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.removal.events, ())
    }
}
