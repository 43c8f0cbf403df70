//! The port `CredentialVault`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::change::Change;
use registry_domain::credential::{CredentialKind, CredentialRemoval, StoredCredential};
use registry_domain::event::RegistryEvent;
use registry_domain::id::{Revision, ServerId, UserId};
use registry_domain::ports::{CredentialVault, PortError};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::{StoreError, is_dangling};
use crate::events;
use crate::grants;
use crate::place::{Place, Time, readable, time};
use crate::read::View;
use crate::schema::server_credentials;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = server_credentials, primary_key(server_id), treat_none_as_null = true)]
struct CredentialRow {
    server_id: Uuid,
    kind: String,
    header_name: String,
    origin: String,
    sealed: Vec<u8>,
    set_at: Time,
    set_by: Option<Uuid>,
    revision: i64,
}

impl CredentialRow {
    fn of(credential: &StoredCredential) -> Self {
        Self {
            server_id: credential.server.0,
            kind: credential.kind.as_str().to_owned(),
            header_name: credential.header_name.clone(),
            origin: credential.origin.clone(),
            sealed: credential.sealed.clone(),
            set_at: time(credential.set_at),
            set_by: credential.set_by.map(|user| user.0),
            revision: credential.revision.0,
        }
    }

    fn read(self) -> Result<StoredCredential, StoreError> {
        let place = Place { table: "server_credentials", row: self.server_id };
        Ok(StoredCredential {
            server: ServerId(self.server_id),
            kind: place.word("kind", &self.kind, CredentialKind::parse)?,
            header_name: self.header_name,
            origin: self.origin,
            sealed: self.sealed,
            set_at: self.set_at.to_jiff(),
            set_by: self.set_by.map(UserId),
            revision: Revision(self.revision),
        })
    }
}

async fn find(
    conn: &mut Connection,
    server: ServerId,
) -> Result<Option<StoredCredential>, StoreError> {
    let row: Option<CredentialRow> = server_credentials::table
        .find(server.0)
        .select(CredentialRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(CredentialRow::read).transpose()
}

async fn all(conn: &mut Connection) -> Result<Vec<StoredCredential>, StoreError> {
    let rows: Vec<CredentialRow> =
        server_credentials::table.select(CredentialRow::as_select()).load(conn).await?;
    readable(rows.into_iter().map(CredentialRow::read))
}

/// That another one is stored than was read.
async fn stale(conn: &mut Connection, server: ServerId) -> Result<StoreError, StoreError> {
    let stored: Option<i64> = server_credentials::table
        .find(server.0)
        .select(server_credentials::revision)
        .first(conn)
        .await
        .optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

/// Writes a credential.
struct Commit(Change<StoredCredential>);

#[async_trait]
impl Write for Commit {
    type Output = ();
    const NAME: &'static str = "commit_credential";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let next = &self.0.next;
        let row = CredentialRow::of(next);
        let written = match self.0.expected {
            None => {
                diesel::insert_into(server_credentials::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(tx.conn)
                    .await
            }
            Some(expected) => {
                diesel::update(server_credentials::table.find(next.server.0))
                    .filter(server_credentials::revision.eq(expected.0))
                    .set(row)
                    .execute(tx.conn)
                    .await
            }
        };
        if is_dangling(&written) {
            return Err(StoreError::Gone);
        }
        if written? == 0 {
            return Err(stale(tx.conn, next.server).await?);
        }
        grants::forget_all(tx.conn, next.server).await?;
        let happened: Vec<&RegistryEvent> = self.0.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.0.events, ())
    }
}

/// Takes a credential away.
struct Remove(CredentialRemoval);

#[async_trait]
impl Write for Remove {
    type Output = ();
    const NAME: &'static str = "remove_credential";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let row = server_credentials::table
            .find(self.0.server.0)
            .filter(server_credentials::revision.eq(self.0.expected.0));
        if diesel::delete(row).execute(tx.conn).await? == 0 {
            return Err(stale(tx.conn, self.0.server).await?);
        }
        let happened: Vec<&RegistryEvent> = self.0.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.0.events, ())
    }
}

#[async_trait]
impl CredentialVault for PgStore {
    async fn find(&self, server: ServerId) -> Result<Option<StoredCredential>, PortError> {
        self.read("find_credential", View::Newest, server, |conn, server| {
            find(conn, *server).boxed()
        })
        .await
    }

    async fn all(&self) -> Result<Vec<StoredCredential>, PortError> {
        self.read("list_credentials", View::Newest, (), |conn, ()| all(conn).boxed()).await
    }

    async fn commit(&self, change: &Change<StoredCredential>) -> Result<(), PortError> {
        self.write(Commit(change.clone())).await
    }

    async fn commit_removal(&self, removal: &CredentialRemoval) -> Result<(), PortError> {
        self.write(Remove(removal.clone())).await
    }
}
