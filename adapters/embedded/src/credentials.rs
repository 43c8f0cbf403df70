//! The port `CredentialVault`.

use async_trait::async_trait;
use diesel::prelude::*;
use registry_domain::change::Change;
use registry_domain::credential::{CredentialKind, CredentialRemoval, StoredCredential};
use registry_domain::id::{Revision, ServerId, UserId};
use registry_domain::ports::{CredentialVault, PortError};

use crate::error::{StoreError, is_dangling, is_duplicate};
use crate::events;
use crate::grants;
use crate::place::{Place, readable, time_text};
use crate::schema::server_credentials;
use crate::store::EmbeddedStore;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = server_credentials, primary_key(server_id), treat_none_as_null = true)]
struct CredentialRow {
    server_id: String,
    kind: String,
    header_name: String,
    origin: String,
    sealed: Vec<u8>,
    set_at: String,
    set_by: Option<String>,
    revision: i64,
}

impl CredentialRow {
    fn of(credential: &StoredCredential) -> Self {
        Self {
            server_id: credential.server.to_string(),
            kind: credential.kind.as_str().to_owned(),
            header_name: credential.header_name.clone(),
            origin: credential.origin.clone(),
            sealed: credential.sealed.clone(),
            set_at: time_text(credential.set_at),
            set_by: credential.set_by.map(|user| user.to_string()),
            revision: credential.revision.0,
        }
    }

    fn read(self) -> Result<StoredCredential, StoreError> {
        let place = Place { table: "server_credentials", row: &self.server_id };
        Ok(StoredCredential {
            server: ServerId(place.uuid("server_id", &self.server_id)?),
            kind: place.word("kind", &self.kind, CredentialKind::parse)?,
            set_at: place.time("set_at", &self.set_at)?,
            set_by: place.maybe_uuid("set_by", self.set_by.as_deref())?.map(UserId),
            revision: Revision(self.revision),
            header_name: self.header_name,
            origin: self.origin,
            sealed: self.sealed,
        })
    }
}

fn find(
    conn: &mut SqliteConnection,
    server: ServerId,
) -> Result<Option<StoredCredential>, StoreError> {
    let row: Option<CredentialRow> = server_credentials::table
        .find(server.to_string())
        .select(CredentialRow::as_select())
        .first(conn)
        .optional()?;
    row.map(CredentialRow::read).transpose()
}

fn all(conn: &mut SqliteConnection) -> Result<Vec<StoredCredential>, StoreError> {
    let rows: Vec<CredentialRow> =
        server_credentials::table.select(CredentialRow::as_select()).load(conn)?;
    readable(rows.into_iter().map(CredentialRow::read))
}

/// That another one is stored than was read.
fn stale(conn: &mut SqliteConnection, server: ServerId) -> Result<StoreError, StoreError> {
    let stored: Option<i64> = server_credentials::table
        .find(server.to_string())
        .select(server_credentials::revision)
        .first(conn)
        .optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

fn commit(
    conn: &mut SqliteConnection,
    change: &Change<StoredCredential>,
) -> Result<(), StoreError> {
    let row = CredentialRow::of(&change.next);
    let written = match change.expected {
        None => diesel::insert_into(server_credentials::table).values(row).execute(conn),
        Some(expected) => {
            diesel::update(server_credentials::table.find(change.next.server.to_string()))
                .filter(server_credentials::revision.eq(expected.0))
                .set(row)
                .execute(conn)
        }
    };
    if is_dangling(&written) {
        return Err(StoreError::Gone);
    }
    if is_duplicate(&written) || written? == 0 {
        return Err(stale(conn, change.next.server)?);
    }
    grants::forget_all(conn, change.next.server)?;
    events::append(conn, &change.events, None)
}

fn remove(conn: &mut SqliteConnection, removal: &CredentialRemoval) -> Result<(), StoreError> {
    let row = server_credentials::table
        .find(removal.server.to_string())
        .filter(server_credentials::revision.eq(removal.expected.0));
    if diesel::delete(row).execute(conn)? == 0 {
        return Err(stale(conn, removal.server)?);
    }
    events::append(conn, &removal.events, None)
}

#[async_trait]
impl CredentialVault for EmbeddedStore {
    async fn find(&self, server: ServerId) -> Result<Option<StoredCredential>, PortError> {
        self.read("find_credential", move |conn| find(conn, server)).await
    }

    async fn all(&self) -> Result<Vec<StoredCredential>, PortError> {
        self.read("list_credentials", all).await
    }

    async fn commit(&self, change: &Change<StoredCredential>) -> Result<(), PortError> {
        let change = change.clone();
        self.write("commit_credential", move |conn| commit(conn, &change)).await
    }

    async fn commit_removal(&self, removal: &CredentialRemoval) -> Result<(), PortError> {
        let removal = removal.clone();
        self.write("remove_credential", move |conn| remove(conn, &removal)).await
    }
}
