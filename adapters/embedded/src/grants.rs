//! The port `GrantStore`.

use async_trait::async_trait;
use diesel::prelude::*;
use registry_domain::change::Change;
use registry_domain::id::{Revision, ServerId};
use registry_domain::ports::{GrantStore, PortError};
use registry_domain::user_grant::{GrantRemoval, StoredGrant};

use crate::error::{StoreError, is_dangling, is_duplicate};
use crate::events;
use crate::place::{Place, time_text};
use crate::schema::user_grants;
use crate::store::EmbeddedStore;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = user_grants, primary_key(server_id, subject), treat_none_as_null = true)]
struct GrantRow {
    server_id: String,
    subject: String,
    tenant_id: Option<String>,
    sealed: Vec<u8>,
    granted_at: String,
    revision: i64,
}

impl GrantRow {
    fn of(grant: &StoredGrant) -> Self {
        Self {
            server_id: grant.server.to_string(),
            subject: grant.subject.clone(),
            tenant_id: grant.tenant.as_ref().map(ToString::to_string),
            sealed: grant.sealed.clone(),
            granted_at: time_text(grant.granted_at),
            revision: grant.revision.0,
        }
    }

    fn read(self) -> Result<StoredGrant, StoreError> {
        let place = Place { table: "user_grants", row: &self.server_id };
        Ok(StoredGrant {
            server: ServerId(place.uuid("server_id", &self.server_id)?),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            granted_at: place.time("granted_at", &self.granted_at)?,
            revision: Revision(self.revision),
            subject: self.subject,
            sealed: self.sealed,
        })
    }
}

fn find(
    conn: &mut SqliteConnection,
    server: ServerId,
    subject: &str,
) -> Result<Option<StoredGrant>, StoreError> {
    let row: Option<GrantRow> = user_grants::table
        .find((server.to_string(), subject))
        .select(GrantRow::as_select())
        .first(conn)
        .optional()?;
    row.map(GrantRow::read).transpose()
}

/// That another one is stored than was read.
fn stale(
    conn: &mut SqliteConnection,
    server: ServerId,
    subject: &str,
) -> Result<StoreError, StoreError> {
    let stored: Option<i64> = user_grants::table
        .find((server.to_string(), subject))
        .select(user_grants::revision)
        .first(conn)
        .optional()?;
    Ok(StoreError::Stale(stored.map(Revision)))
}

fn commit(conn: &mut SqliteConnection, change: &Change<StoredGrant>) -> Result<(), StoreError> {
    let next = &change.next;
    let row = GrantRow::of(next);
    let written = match change.expected {
        None => diesel::insert_into(user_grants::table).values(row).execute(conn),
        Some(expected) => {
            diesel::update(user_grants::table.find((next.server.to_string(), &next.subject)))
                .filter(user_grants::revision.eq(expected.0))
                .set(row)
                .execute(conn)
        }
    };
    if is_dangling(&written) {
        return Err(StoreError::Gone);
    }
    if is_duplicate(&written) || written? == 0 {
        return Err(stale(conn, next.server, &next.subject)?);
    }
    events::append(conn, &change.events, None)
}

fn remove(conn: &mut SqliteConnection, removal: &GrantRemoval) -> Result<(), StoreError> {
    let row = user_grants::table
        .find((removal.server.to_string(), &removal.subject))
        .filter(user_grants::revision.eq(removal.expected.0));
    if diesel::delete(row).execute(conn)? == 0 {
        return Err(stale(conn, removal.server, &removal.subject)?);
    }
    events::append(conn, &removal.events, None)
}

/// Takes away what people granted at a server: its credential is another one.
pub(crate) fn forget_all(conn: &mut SqliteConnection, server: ServerId) -> Result<(), StoreError> {
    let of_server = user_grants::table.filter(user_grants::server_id.eq(server.to_string()));
    diesel::delete(of_server).execute(conn)?;
    Ok(())
}

#[async_trait]
impl GrantStore for EmbeddedStore {
    async fn find(
        &self,
        server: ServerId,
        subject: &str,
    ) -> Result<Option<StoredGrant>, PortError> {
        let subject = subject.to_owned();
        self.read("find_user_grant", move |conn| find(conn, server, &subject)).await
    }

    async fn commit(&self, change: &Change<StoredGrant>) -> Result<(), PortError> {
        let change = change.clone();
        self.write("commit_user_grant", move |conn| commit(conn, &change)).await
    }

    async fn commit_removal(&self, removal: &GrantRemoval) -> Result<(), PortError> {
        let removal = removal.clone();
        self.write("remove_user_grant", move |conn| remove(conn, &removal)).await
    }
}
