//! How servers are doing: what the prober reads of them, and what it keeps.

use diesel::prelude::*;
use registry_domain::change::Change;
use registry_domain::endpoint::Transport;
use registry_domain::health::{Condition, HealthNote, Watched};
use registry_domain::id::{RegistrationId, Revision, ServerId};
use registry_domain::server::{HealthStatus, Server};

use crate::error::StoreError;
use crate::events;
use crate::place::{Place, readable, time_text};
use crate::schema::servers;

/// When a server is to be probed that nobody looked at.
pub(super) const LONG_AGO: &str = "1970-01-01T00:00:00.000000Z";

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
struct WatchedRow {
    id: String,
    tenant_id: Option<String>,
    registration_id: Option<String>,
    endpoint_url: String,
    transport_type: String,
    health_status: String,
    health_streak: i32,
    next_probe_at: String,
    compared_at: Option<String>,
}

impl WatchedRow {
    fn read(self) -> Result<Watched, StoreError> {
        let place = Place { table: "servers", row: &self.id };
        let compared_at = self.compared_at.as_deref();
        let transport = place.word("transport_type", &self.transport_type, Transport::parse)?;
        Ok(Watched {
            server: ServerId(place.uuid("id", &self.id)?),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            registration: place
                .maybe_uuid("registration_id", self.registration_id.as_deref())?
                .map(RegistrationId),
            endpoint: place.endpoint(&self.endpoint_url)?.dialled_over(transport),
            condition: Condition {
                status: place.word("health_status", &self.health_status, HealthStatus::parse)?,
                streak: self.health_streak,
            },
            next_probe_at: place.time("next_probe_at", &self.next_probe_at)?,
            compared_at: compared_at.map(|at| place.time("compared_at", at)).transpose()?,
        })
    }
}

/// The servers to be probed next, none in maintenance.
pub(super) fn upcoming(
    conn: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<Watched>, StoreError> {
    let rows: Vec<WatchedRow> = servers::table
        .filter(servers::health_status.ne(HealthStatus::Maintenance.as_str()))
        .order((servers::next_probe_at.asc(), servers::id.asc()))
        .limit(limit.into())
        .select(WatchedRow::as_select())
        .load(conn)?;
    readable(rows.into_iter().map(WatchedRow::read))
}

/// One server as the prober sees it.
pub(super) fn find(
    conn: &mut SqliteConnection,
    id: ServerId,
) -> Result<Option<Watched>, StoreError> {
    let row: Option<WatchedRow> = servers::table
        .find(id.to_string())
        .select(WatchedRow::as_select())
        .first(conn)
        .optional()?;
    row.map(WatchedRow::read).transpose()
}

/// Keeps what probes found, where it was judged on what is stored.
pub(super) fn note(
    conn: &mut SqliteConnection,
    notes: &[HealthNote],
) -> Result<Vec<ServerId>, StoreError> {
    let mut kept = Vec::new();
    for note in notes {
        let judged_on = servers::health_status
            .eq(note.before.status.as_str())
            .and(servers::health_streak.eq(note.before.streak));
        let row = servers::table.find(note.server.to_string()).filter(judged_on);
        let written = diesel::update(row)
            .set((
                servers::health_status.eq(note.after.status.as_str()),
                servers::health_streak.eq(note.after.streak),
                servers::last_health_check.eq(time_text(note.at)),
                servers::next_probe_at.eq(time_text(note.next_probe_at)),
                note.compared_at.map(|at| servers::compared_at.eq(time_text(at))),
            ))
            .execute(conn)?;
        if written > 0 {
            kept.push(note.server);
            events::append(conn, note.event.as_slice(), None)?;
        }
    }
    Ok(kept)
}

/// Writes the health that an operator orders.
pub(super) fn order(
    conn: &mut SqliteConnection,
    change: &Change<Server>,
) -> Result<(), StoreError> {
    let server = &change.next;
    let id = server.id.to_string();
    let written = diesel::update(servers::table.find(&id))
        .filter(servers::revision.nullable().is(change.expected.map(|expected| expected.0)))
        .set((
            servers::health_status.eq(server.health.as_str()),
            servers::health_streak.eq(0),
            servers::next_probe_at.eq(LONG_AGO),
            servers::updated_at.eq(time_text(server.updated_at)),
            servers::revision.eq(server.revision.0),
        ))
        .execute(conn)?;
    if written == 0 {
        let stored: Option<i64> =
            servers::table.find(id).select(servers::revision).first(conn).optional()?;
        return Err(StoreError::Stale(stored.map(Revision)));
    }
    events::append(conn, &change.events, None)
}
