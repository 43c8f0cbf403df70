//! Writing a registration: guarded by its revision, together with its events.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::RunQueryDsl;
use registry_domain::change::Change;
use registry_domain::event::RegistryEvent;
use registry_domain::id::{RegistrationId, Revision};
use registry_domain::registration::{Registration, RegistrationStatus};
use uuid::Uuid;

use super::candidate;
use super::row::RegistrationRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::schema::registrations;
use crate::write::{AfterLoss, Tx, Write};

/// Writes a change and its events. Only a rejection keeps the candidate that it was made on: all
/// else that comes here may have changed what there is to discover.
pub(super) struct Commit(pub(super) Change<Registration>);

#[async_trait]
impl Write for Commit {
    type Output = ();
    const NAME: &'static str = "commit_registration";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self(change) = self;
        write(tx.conn, change).await?;
        // What is new has no candidate.
        let is_new = change.expected.is_none();
        if !is_new && change.next.status() != RegistrationStatus::Rejected {
            candidate::forget(tx.conn, change.next.id).await?;
        }
        let happened: Vec<&RegistryEvent> = change.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    async fn explain(
        &self,
        conn: &mut Connection,
        index: String,
        source: DieselError,
    ) -> Result<StoreError, StoreError> {
        explain(conn, &self.0.next, index, source).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.0.events, ())
    }
}

/// Writes the registration alone.
pub(super) async fn write(
    conn: &mut Connection,
    change: &Change<Registration>,
) -> Result<(), StoreError> {
    let id = change.next.id;
    let row = RegistrationRow::of(&change.next)?;
    let written = match change.expected {
        None => diesel::insert_into(registrations::table).values(row).execute(conn).await?,
        Some(expected) => {
            diesel::update(registrations::table)
                .filter(registrations::registration_id.eq(id.0))
                .filter(registrations::revision.eq(expected.0))
                .set(row)
                .execute(conn)
                .await?
        }
    };
    if written == 0 {
        return Err(StoreError::Stale(revision(conn, id).await?));
    }
    if change.next.status() == RegistrationStatus::Pending {
        refuse_served(conn, &change.next).await?;
    }
    Ok(())
}

/// Refuses an address that another registration serves while it proposes a new one. Asked after the
/// write: whoever gives the address up at the same time was waited for there.
async fn refuse_served(conn: &mut Connection, wanted: &Registration) -> Result<(), StoreError> {
    let holder: Option<Uuid> = registrations::table
        .filter(registrations::standing_url_key.eq(wanted.content.endpoint_url.key()))
        .filter(registrations::registration_id.ne(wanted.id.0))
        .select(registrations::registration_id)
        .first(conn)
        .await
        .optional()?;
    match holder {
        Some(_) => Err(StoreError::Taken { key: "endpoint_url", holder }),
        None => Ok(()),
    }
}

/// The revision that is stored.
async fn revision(
    conn: &mut Connection,
    id: RegistrationId,
) -> Result<Option<Revision>, StoreError> {
    let stored: Option<i64> = registrations::table
        .find(id.0)
        .select(registrations::revision)
        .first(conn)
        .await
        .optional()?;
    Ok(stored.map(Revision))
}

/// Which key of a registration is taken, and by whom.
pub(super) async fn explain(
    conn: &mut Connection,
    wanted: &Registration,
    index: String,
    source: DieselError,
) -> Result<StoreError, StoreError> {
    let url = &wanted.content.endpoint_url;
    match index.as_str() {
        "registrations_pkey" => {
            Ok(StoreError::Taken { key: "registration_id", holder: Some(wanted.id.0) })
        }
        "idx_registrations_endpoint_url" | "idx_registrations_url_key" => {
            let holder: Option<Uuid> = registrations::table
                .filter(registrations::registration_id.ne(wanted.id.0))
                .filter(
                    registrations::endpoint_url
                        .eq(url.as_str())
                        .or(registrations::url_key.eq(url.key()).assume_not_null()),
                )
                .select(registrations::registration_id)
                .first(conn)
                .await
                .optional()?;
            Ok(StoreError::Taken { key: "endpoint_url", holder })
        }
        _ => Ok(StoreError::Duplicate { index, source }),
    }
}
