//! The port `GrantStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::change::Change;
use registry_domain::event::RegistryEvent;
use registry_domain::id::{Revision, ServerId};
use registry_domain::ports::{GrantStore, PortError};
use registry_domain::user_grant::{GrantRemoval, StoredGrant};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::{StoreError, is_dangling};
use crate::events;
use crate::place::{Place, Time, time};
use crate::read::View;
use crate::schema::user_grants;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = user_grants, primary_key(server_id, subject), treat_none_as_null = true)]
struct GrantRow {
    server_id: Uuid,
    subject: String,
    tenant_id: Option<String>,
    sealed: Vec<u8>,
    granted_at: Time,
    revision: i64,
}

impl GrantRow {
    fn of(grant: &StoredGrant) -> Self {
        Self {
            server_id: grant.server.0,
            subject: grant.subject.clone(),
            tenant_id: grant.tenant.as_ref().map(ToString::to_string),
            sealed: grant.sealed.clone(),
            granted_at: time(grant.granted_at),
            revision: grant.revision.0,
        }
    }

    fn read(self) -> Result<StoredGrant, StoreError> {
        let place = Place { table: "user_grants", row: self.server_id };
        Ok(StoredGrant {
            server: ServerId(self.server_id),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            subject: self.subject,
            sealed: self.sealed,
            granted_at: self.granted_at.to_jiff(),
            revision: Revision(self.revision),
        })
    }
}

async fn find(
    conn: &mut Connection,
    server: ServerId,
    subject: &str,
) -> Result<Option<StoredGrant>, StoreError> {
    let row: Option<GrantRow> = user_grants::table
        .find((server.0, subject))
        .select(GrantRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(GrantRow::read).transpose()
}

/// That another one is stored than was read.
async fn stale(
    conn: &mut Connection,
    server: ServerId,
    subject: &str,
) -> Result<StoreError, StoreError> {
    let stored: Option<i64> = user_grants::table
        .find((server.0, subject))
        .select(user_grants::revision)
        .first(conn)
        .await
        .optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

/// Writes a grant.
struct Commit(Change<StoredGrant>);

#[async_trait]
impl Write for Commit {
    type Output = ();
    const NAME: &'static str = "commit_user_grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let next = &self.0.next;
        let row = GrantRow::of(next);
        let written = match self.0.expected {
            None => {
                diesel::insert_into(user_grants::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(tx.conn)
                    .await
            }
            Some(expected) => {
                diesel::update(user_grants::table.find((next.server.0, &next.subject)))
                    .filter(user_grants::revision.eq(expected.0))
                    .set(row)
                    .execute(tx.conn)
                    .await
            }
        };
        if is_dangling(&written) {
            return Err(StoreError::Gone);
        }
        if written? == 0 {
            return Err(stale(tx.conn, next.server, &next.subject).await?);
        }
        let happened: Vec<&RegistryEvent> = self.0.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        // A refresh is no event; its revision tells whether it was written.
        if self.0.events.is_empty() {
            AfterLoss::Again
        } else {
            AfterLoss::look_for(&self.0.events, ())
        }
    }
}

/// Takes a grant away.
struct Remove(GrantRemoval);

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "remove_user_grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let GrantRemoval { server, subject, expected, events } = &self.0;
        let row = user_grants::table
            .find((server.0, subject))
            .filter(user_grants::revision.eq(expected.0));
        if diesel::delete(row).execute(tx.conn).await? == 0 {
            return Err(stale(tx.conn, *server, subject).await?);
        }
        let happened: Vec<&RegistryEvent> = events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.0.events, ())
    }
}

/// Takes away what people granted at a server: its credential is another one.
pub(crate) async fn forget_all(conn: &mut Connection, server: ServerId) -> Result<(), StoreError> {
    let of_server = user_grants::table.filter(user_grants::server_id.eq(server.0));
    diesel::delete(of_server).execute(conn).await?;
    Ok(())
}

#[async_trait]
impl GrantStore for PgStore {
    async fn find(
        &self,
        server: ServerId,
        subject: &str,
    ) -> Result<Option<StoredGrant>, PortError> {
        let key = (server, subject.to_owned());
        self.read("find_user_grant", View::Newest, key, |conn, (server, subject)| {
            find(conn, *server, subject).boxed()
        })
        .await
    }

    async fn commit(&self, change: &Change<StoredGrant>) -> Result<(), PortError> {
        self.write(Commit(change.clone())).await
    }

    async fn commit_removal(&self, removal: &GrantRemoval) -> Result<(), PortError> {
        self.write(Remove(removal.clone())).await
    }
}
