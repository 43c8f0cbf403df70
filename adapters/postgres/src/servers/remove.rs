//! Removing a server.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::id::{RegistrationId, ServerId};
use uuid::Uuid;

use super::names;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::schema::servers;

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
