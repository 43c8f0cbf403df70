//! Who has a name or an alias in a tenant.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::server::Server;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, time_text};
use crate::schema::{retired_aliases, servers};

/// The server that has a name.
pub(super) fn holder_of_name(
    conn: &mut SqliteConnection,
    tenant: Option<&TenantId>,
    name: &str,
) -> Result<Option<Uuid>, StoreError> {
    let holder: Option<String> = servers::table
        .filter(servers::name.eq(name))
        .filter(servers::tenant_id.is(tenant.map(TenantId::as_str)))
        .select(servers::id)
        .first(conn)
        .optional()?;
    id(holder.as_deref())
}

/// The server that has an alias.
pub(super) fn holder_of_alias(
    conn: &mut SqliteConnection,
    tenant: Option<&TenantId>,
    alias: &Alias,
) -> Result<Option<Uuid>, StoreError> {
    let holder: Option<String> = servers::table
        .filter(servers::alias.eq(alias.as_str()))
        .filter(servers::tenant_id.is(tenant.map(TenantId::as_str)))
        .select(servers::id)
        .first(conn)
        .optional()?;
    id(holder.as_deref())
}

/// Whether an alias is still kept from others after its server went.
pub(super) fn is_in_quarantine(
    conn: &mut SqliteConnection,
    tenant: Option<&TenantId>,
    alias: &Alias,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let kept: i64 = retired_aliases::table
        .find((tenant_key(tenant), alias.as_str()))
        .filter(retired_aliases::free_at.gt(time_text(now)))
        .count()
        .get_result(conn)?;
    Ok(kept > 0)
}

/// Which of some aliases somebody has, or are kept from others.
pub(super) fn taken_among(
    conn: &mut SqliteConnection,
    tenant: Option<&TenantId>,
    aliases: &[Alias],
    now: Timestamp,
) -> Result<HashSet<Alias>, StoreError> {
    let wanted: Vec<&str> = aliases.iter().map(Alias::as_str).collect();
    let mut taken: Vec<String> = servers::table
        .filter(servers::alias.eq_any(&wanted))
        .filter(servers::tenant_id.is(tenant.map(TenantId::as_str)))
        .select(servers::alias.assume_not_null())
        .load(conn)?;
    let kept: Vec<String> = retired_aliases::table
        .filter(retired_aliases::tenant_id.eq(tenant_key(tenant)))
        .filter(retired_aliases::alias.eq_any(&wanted))
        .filter(retired_aliases::free_at.gt(time_text(now)))
        .select(retired_aliases::alias)
        .load(conn)?;
    taken.extend(kept);
    let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
    Ok(aliases.iter().filter(|alias| taken.contains(alias.as_str())).cloned().collect())
}

/// The servers that have some names.
pub(super) fn holders_among(
    conn: &mut SqliteConnection,
    tenant: Option<&TenantId>,
    names: &[String],
) -> Result<HashMap<String, ServerId>, StoreError> {
    let holders: Vec<(String, String)> = servers::table
        .filter(servers::name.eq_any(names))
        .filter(servers::tenant_id.is(tenant.map(TenantId::as_str)))
        .select((servers::name, servers::id))
        .load(conn)?;
    let read = |(name, holder): (String, String)| {
        let place = Place { table: "servers", row: &holder };
        Ok((name, ServerId(place.uuid("id", &holder)?)))
    };
    holders.into_iter().map(read).collect()
}

/// Keeps an alias from others until a time, and forgets those whose time has come.
pub(super) fn retire(
    conn: &mut SqliteConnection,
    tenant: Option<&str>,
    alias: &str,
    free_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::delete(retired_aliases::table.filter(retired_aliases::free_at.le(time_text(now))))
        .execute(conn)?;
    diesel::replace_into(retired_aliases::table)
        .values((
            retired_aliases::tenant_id.eq(tenant.unwrap_or_default()),
            retired_aliases::alias.eq(alias),
            retired_aliases::free_at.eq(time_text(free_at)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Which key of a server that could not be written is taken, and by whom.
pub(super) fn taken(
    conn: &mut SqliteConnection,
    wanted: &Server,
) -> Result<StoreError, StoreError> {
    let (id, tenant) = (wanted.id, wanted.tenant.as_ref());
    let others = |holder: Option<Uuid>| holder.filter(|holder| *holder != id.0);
    if let Some(holder) = others(holder_of_name(conn, tenant, &wanted.name)?) {
        return Ok(StoreError::Taken { key: "name", holder: Some(holder) });
    }
    if let Some(holder) = others(holder_of_alias(conn, tenant, &wanted.alias)?) {
        return Ok(StoreError::Taken { key: "alias", holder: Some(holder) });
    }
    if let Some(holder) = others(server_of(conn, wanted.registration)?) {
        return Ok(StoreError::Taken { key: "registration_id", holder: Some(holder) });
    }
    Ok(StoreError::Taken { key: "id", holder: Some(id.0) })
}

/// The server of a registration.
fn server_of(
    conn: &mut SqliteConnection,
    registration: Option<RegistrationId>,
) -> Result<Option<Uuid>, StoreError> {
    let Some(registration) = registration else { return Ok(None) };
    let server: Option<String> = servers::table
        .filter(servers::registration_id.eq(registration.to_string()))
        .select(servers::id)
        .first(conn)
        .optional()?;
    id(server.as_deref())
}

/// The table keeps one row per tenant and alias; no tenant is the empty text, which no tenant is.
fn tenant_key(tenant: Option<&TenantId>) -> &str {
    tenant.map(TenantId::as_str).unwrap_or_default()
}

fn id(holder: Option<&str>) -> Result<Option<Uuid>, StoreError> {
    let place = Place { table: "servers", row: holder.unwrap_or_default() };
    place.maybe_uuid("id", holder)
}
