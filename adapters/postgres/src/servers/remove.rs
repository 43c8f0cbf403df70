//! Removing a server.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::event::RegistryEvent;
use registry_domain::id::{RegistrationId, Revision, ServerId};
use registry_domain::server::ServerRemoval;
use uuid::Uuid;

use super::names;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::schema::servers;
use crate::write::{AfterLoss, Tx, Write};

/// Removes a server.
pub(super) struct RemoveServer {
    pub(super) removal: ServerRemoval,
    pub(super) alias_free_at: Timestamp,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for RemoveServer {
    type Output = ();
    const NAME: &'static str = "commit_server_removal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let Self { removal, alias_free_at, now } = self;
        // Its definitions go with it (ON DELETE CASCADE).
        let removed: Option<(Option<String>, Option<String>)> = diesel::delete(servers::table)
            .filter(servers::id.eq(removal.id.0))
            .filter(servers::revision.eq(removal.expected.0))
            .returning((servers::tenant_id, servers::alias))
            .get_result(tx.conn)
            .await
            .optional()?;
        let Some((tenant, alias)) = removed else {
            let stored: Option<i64> = servers::table
                .find(removal.id.0)
                .select(servers::revision)
                .first(tx.conn)
                .await
                .optional()?;
            return Err(
                stored.map_or(StoreError::Gone, |stored| StoreError::Stale(Some(Revision(stored))))
            );
        };
        if let Some(alias) = alias {
            names::retire(tx.conn, tenant.as_deref(), &alias, *alias_free_at, *now).await?;
        }
        let happened: Vec<&RegistryEvent> = removal.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.removal.events, ())
    }
}

/// Removes the server of a registration, if there is one, and keeps its alias from others.
pub(crate) async fn remove_of_registration(
    conn: &mut Connection,
    registration: RegistrationId,
    alias_free_at: Timestamp,
    now: Timestamp,
) -> Result<Option<ServerId>, StoreError> {
    // Its definitions go with it (ON DELETE CASCADE).
    let of_registration = servers::table.filter(servers::registration_id.eq(registration.0));
    let removed: Option<(Uuid, Option<String>, Option<String>)> = diesel::delete(of_registration)
        .returning((servers::id, servers::tenant_id, servers::alias))
        .get_result(conn)
        .await
        .optional()?;
    let Some((id, tenant, alias)) = removed else {
        return Ok(None);
    };
    if let Some(alias) = alias {
        names::retire(conn, tenant.as_deref(), &alias, alias_free_at, now).await?;
    }
    Ok(Some(ServerId(id)))
}
