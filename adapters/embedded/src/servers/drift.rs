//! What servers offer instead of what is pinned.

use std::collections::HashMap;

use diesel::prelude::*;
use registry_domain::id::ServerId;
use registry_domain::manifest::{Drift, Manifest};
use registry_domain::server::Server;

use crate::error::StoreError;
use crate::place::{Place, time_text};
use crate::schema::server_drifts;

/// A row of `server_drifts`.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_drifts)]
struct DriftRow {
    server_id: String,
    definitions: String,
    since: String,
    refused: bool,
}

impl DriftRow {
    fn of(server: &Server, drift: &Drift) -> Result<Self, StoreError> {
        let definitions = drift.seen.to_document().map_err(|source| StoreError::Unreadable {
            what: "a drift to be stored".to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self {
            server_id: server.id.to_string(),
            definitions,
            since: time_text(drift.since),
            refused: drift.refused,
        })
    }

    fn read(self) -> Result<Drift, StoreError> {
        let place = Place { table: "server_drifts", row: &self.server_id };
        let seen = Manifest::from_document(&self.definitions)
            .map_err(|source| place.unreadable("definitions", source))?;
        Ok(Drift { seen, since: place.time("since", &self.since)?, refused: self.refused })
    }
}

/// The drift of one server.
pub(super) fn of_server(
    conn: &mut SqliteConnection,
    id: &str,
) -> Result<Option<Drift>, StoreError> {
    let row: Option<DriftRow> =
        server_drifts::table.find(id).select(DriftRow::as_select()).first(conn).optional()?;
    row.map(DriftRow::read).transpose()
}

/// The drifts of all servers: one that does not read spoils its server, no other.
pub(super) fn of_all(
    conn: &mut SqliteConnection,
) -> Result<HashMap<String, Result<Drift, StoreError>>, StoreError> {
    let rows: Vec<DriftRow> = server_drifts::table.select(DriftRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.server_id.clone(), row.read())).collect())
}

/// The drifts of some servers.
pub(super) fn of_each(
    conn: &mut SqliteConnection,
    ids: &[String],
) -> Result<HashMap<String, Result<Drift, StoreError>>, StoreError> {
    let rows: Vec<DriftRow> = server_drifts::table
        .filter(server_drifts::server_id.eq_any(ids))
        .select(DriftRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.server_id.clone(), row.read())).collect())
}

/// The drifts of some servers, and which of them do not read.
pub(super) fn found(
    conn: &mut SqliteConnection,
    ids: &[ServerId],
) -> Result<HashMap<ServerId, Option<Drift>>, StoreError> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut drifts = of_each(conn, &texts)?;
    let found = ids.iter().zip(&texts).filter_map(|(id, text)| Some((*id, drifts.remove(text)?)));
    found
        .map(|(id, drift)| match drift {
            Ok(drift) => Ok((id, Some(drift))),
            Err(StoreError::Unreadable { what, source }) => {
                tracing::error!(what, error = %source, "a drift does not read");
                Ok((id, None))
            }
            Err(error) => Err(error),
        })
        .collect()
}

/// Keeps a server's drift, or forgets the one that was.
pub(super) fn replace(conn: &mut SqliteConnection, server: &Server) -> Result<(), StoreError> {
    diesel::delete(server_drifts::table.find(server.id.to_string())).execute(conn)?;
    if let Some(drift) = &server.drift {
        diesel::insert_into(server_drifts::table)
            .values(DriftRow::of(server, drift)?)
            .execute(conn)?;
    }
    Ok(())
}
