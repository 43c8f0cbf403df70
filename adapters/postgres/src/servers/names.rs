//! Who has a name or an alias in a tenant.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::server::Server;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::time;
use crate::schema::{retired_aliases, servers};

/// The server that has a name.
pub(super) async fn holder_of_name(
    conn: &mut Connection,
    tenant: Option<&TenantId>,
    name: &str,
) -> Result<Option<Uuid>, StoreError> {
    let holder = servers::table
        .filter(servers::name.eq(name))
        .filter(servers::tenant_id.is_not_distinct_from(tenant.map(TenantId::as_str)))
        .select(servers::id)
        .first(conn)
        .await;
    Ok(holder.optional()?)
}

/// The server that has an alias.
pub(super) async fn holder_of_alias(
    conn: &mut Connection,
    tenant: Option<&TenantId>,
    alias: &Alias,
) -> Result<Option<Uuid>, StoreError> {
    let holder = servers::table
        .filter(servers::alias.eq(alias.as_str()))
        .filter(servers::tenant_id.is_not_distinct_from(tenant.map(TenantId::as_str)))
        .select(servers::id)
        .first(conn)
        .await;
    Ok(holder.optional()?)
}

/// Whether an alias is still kept from others after its server went.
pub(super) async fn is_in_quarantine(
    conn: &mut Connection,
    tenant: Option<&TenantId>,
    alias: &Alias,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let kept: i64 = retired_aliases::table
        .find((tenant_key(tenant), alias.as_str()))
        .filter(retired_aliases::free_at.gt(time(now)))
        .count()
        .get_result(conn)
        .await?;
    Ok(kept > 0)
}

/// Which of some aliases somebody has, or are kept from others.
pub(super) async fn taken_among(
    conn: &mut Connection,
    tenant: Option<&TenantId>,
    aliases: &[Alias],
    now: Timestamp,
) -> Result<HashSet<Alias>, StoreError> {
    let wanted: Vec<&str> = aliases.iter().map(Alias::as_str).collect();
    let mut taken: Vec<String> = servers::table
        .filter(servers::alias.eq_any(&wanted))
        .filter(servers::tenant_id.is_not_distinct_from(tenant.map(TenantId::as_str)))
        .select(servers::alias.assume_not_null())
        .load(conn)
        .await?;
    let kept: Vec<String> = retired_aliases::table
        .filter(retired_aliases::tenant_id.eq(tenant_key(tenant)))
        .filter(retired_aliases::alias.eq_any(&wanted))
        .filter(retired_aliases::free_at.gt(time(now)))
        .select(retired_aliases::alias)
        .load(conn)
        .await?;
    taken.extend(kept);
    let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
    Ok(aliases.iter().filter(|alias| taken.contains(alias.as_str())).cloned().collect())
}

/// The servers that have some names.
pub(super) async fn holders_among(
    conn: &mut Connection,
    tenant: Option<&TenantId>,
    names: &[String],
) -> Result<HashMap<String, ServerId>, StoreError> {
    let holders: Vec<(String, Uuid)> = servers::table
        .filter(servers::name.eq_any(names))
        .filter(servers::tenant_id.is_not_distinct_from(tenant.map(TenantId::as_str)))
        .select((servers::name, servers::id))
        .load(conn)
        .await?;
    Ok(holders.into_iter().map(|(name, holder)| (name, ServerId(holder))).collect())
}

/// Keeps an alias from others until a time, and forgets those whose time has come.
pub(super) async fn retire(
    conn: &mut Connection,
    tenant: Option<&str>,
    alias: &str,
    free_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::delete(retired_aliases::table.filter(retired_aliases::free_at.le(time(now))))
        .execute(conn)
        .await?;
    diesel::insert_into(retired_aliases::table)
        .values((
            retired_aliases::tenant_id.eq(tenant.unwrap_or_default()),
            retired_aliases::alias.eq(alias),
            retired_aliases::free_at.eq(time(free_at)),
        ))
        .on_conflict((retired_aliases::tenant_id, retired_aliases::alias))
        .do_update()
        .set(retired_aliases::free_at.eq(excluded(retired_aliases::free_at)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Which key of a server that could not be written is taken, and by whom.
pub(crate) async fn explain(
    conn: &mut Connection,
    wanted: &Server,
    index: String,
    source: DieselError,
) -> Result<StoreError, StoreError> {
    let tenant = wanted.tenant.as_ref();
    let others = |holder: Option<Uuid>| holder.filter(|holder| *holder != wanted.id.0);
    match index.as_str() {
        "idx_servers_name_tenant_id" => {
            let holder = others(holder_of_name(conn, tenant, &wanted.name).await?);
            Ok(StoreError::Taken { key: "name", holder })
        }
        "idx_servers_alias_tenant_id" => {
            let holder = others(holder_of_alias(conn, tenant, &wanted.alias).await?);
            Ok(StoreError::Taken { key: "alias", holder })
        }
        "idx_servers_registration_id" => {
            let holder = others(server_of(conn, wanted.registration).await?);
            Ok(StoreError::Taken { key: "registration_id", holder })
        }
        "servers_pkey" => Ok(StoreError::Taken { key: "id", holder: Some(wanted.id.0) }),
        _ => Ok(StoreError::Duplicate { index, source }),
    }
}

/// The server of a registration.
async fn server_of(
    conn: &mut Connection,
    registration: Option<RegistrationId>,
) -> Result<Option<Uuid>, StoreError> {
    let Some(registration) = registration else { return Ok(None) };
    let of_registration = servers::registration_id.eq(registration.0);
    let server = servers::table.filter(of_registration).select(servers::id).first(conn).await;
    Ok(server.optional()?)
}

/// The table keeps one row per tenant and alias; no tenant is the empty text, which no tenant is.
fn tenant_key(tenant: Option<&TenantId>) -> &str {
    tenant.map(TenantId::as_str).unwrap_or_default()
}
