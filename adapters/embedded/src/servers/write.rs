//! Writing a server with what is pinned of it, and removing it.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::id::{RegistrationId, Revision, ServerId};
use registry_domain::server::{HealthStatus, Server, ServerRemoval};

use super::row::ServerRow;
use super::{definitions, drift, health, names};
use crate::error::{StoreError, is_dangling, is_duplicate};
use crate::events;
use crate::place::Place;
use crate::schema::servers;

/// Writes a change and its events.
pub(super) fn commit(
    conn: &mut SqliteConnection,
    change: &Change<Server>,
    now: Timestamp,
) -> Result<(), StoreError> {
    write(conn, change, now)?;
    events::append(conn, &change.events, None)
}

/// Writes the server alone.
pub(crate) fn write(
    conn: &mut SqliteConnection,
    change: &Change<Server>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match change.expected {
        None => insert(conn, &change.next, now),
        Some(expected) => replace(conn, &change.next, expected, now),
    }
}

fn insert(conn: &mut SqliteConnection, server: &Server, now: Timestamp) -> Result<(), StoreError> {
    let row = ServerRow::of(server)?;
    let written = diesel::insert_into(servers::table).values(row).execute(conn);
    explain(conn, server, written, now)?;
    drift::replace(conn, server)?;
    definitions::insert(conn, server)
}

fn replace(
    conn: &mut SqliteConnection,
    server: &Server,
    expected: Revision,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unknown = HealthStatus::Unknown.as_str().into_sql::<Text>();
    let moves = || {
        servers::endpoint_url
            .ne(server.endpoint_url.as_str())
            .and(servers::health_status.ne(HealthStatus::Maintenance.as_str()))
    };
    let written = diesel::update(servers::table)
        .filter(servers::id.eq(server.id.to_string()))
        .filter(servers::revision.eq(expected.0))
        .set((
            ServerRow::of(server)?,
            // Nobody knows how it is at another address; what an operator ordered stays.
            servers::health_status
                .eq(case_when(moves(), unknown).otherwise(servers::health_status)),
            servers::health_streak
                .eq(case_when(moves(), 0.into_sql::<Integer>()).otherwise(servers::health_streak)),
            servers::next_probe_at.eq(case_when(moves(), health::LONG_AGO.into_sql::<Text>())
                .otherwise(servers::next_probe_at)),
        ))
        .execute(conn);
    if explain(conn, server, written, now)? == 0 {
        let stored: Option<i64> = servers::table
            .find(server.id.to_string())
            .select(servers::revision)
            .first(conn)
            .optional()?;
        return Err(StoreError::Stale(stored.map(Revision)));
    }
    definitions::remove(conn, server.id)?;
    drift::replace(conn, server)?;
    definitions::insert(conn, server)
}

/// Says which name was taken, where a write failed for that; also when the alias is in quarantine,
/// which no index knows.
fn explain(
    conn: &mut SqliteConnection,
    server: &Server,
    written: QueryResult<usize>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let tenant = server.tenant.as_ref();
    if is_duplicate(&written) {
        return Err(names::taken(conn, server)?);
    }
    if is_dangling(&written) {
        // Its registration, or its owner, went meanwhile.
        return Err(StoreError::Gone);
    }
    let written = written?;
    if names::is_in_quarantine(conn, tenant, &server.alias, now)? {
        return Err(StoreError::Taken { key: "alias", holder: None });
    }
    Ok(written)
}

/// Removes a server.
pub(super) fn remove(
    conn: &mut SqliteConnection,
    removal: &ServerRemoval,
    alias_free_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let stored: Option<(i64, Option<String>, Option<String>)> = servers::table
        .find(removal.id.to_string())
        .select((servers::revision, servers::tenant_id, servers::alias))
        .first(conn)
        .optional()?;
    let (revision, tenant, alias) = stored.ok_or(StoreError::Gone)?;
    if Revision(revision) != removal.expected {
        return Err(StoreError::Stale(Some(Revision(revision))));
    }
    // Its definitions go with it (ON DELETE CASCADE).
    diesel::delete(servers::table.find(removal.id.to_string())).execute(conn)?;
    if let Some(alias) = alias {
        names::retire(conn, tenant.as_deref(), &alias, alias_free_at, now)?;
    }
    events::append(conn, &removal.events, None)
}

/// Removes the server of a registration, if there is one, and keeps its alias from others.
pub(crate) fn remove_of_registration(
    conn: &mut SqliteConnection,
    registration: RegistrationId,
    alias_free_at: Timestamp,
    now: Timestamp,
) -> Result<Option<ServerId>, StoreError> {
    let of_registration = servers::registration_id.eq(registration.to_string());
    let stored: Option<(String, Option<String>, Option<String>)> = servers::table
        .filter(of_registration)
        .select((servers::id, servers::tenant_id, servers::alias))
        .first(conn)
        .optional()?;
    let Some((id, tenant, alias)) = stored else {
        return Ok(None);
    };
    // Its definitions go with it (ON DELETE CASCADE).
    diesel::delete(servers::table.find(&id)).execute(conn)?;
    if let Some(alias) = alias {
        names::retire(conn, tenant.as_deref(), &alias, alias_free_at, now)?;
    }
    let place = Place { table: "servers", row: &id };
    Ok(Some(ServerId(place.uuid("id", &id)?)))
}
