//! What servers offer instead of what is pinned.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::id::ServerId;
use registry_domain::manifest::{Drift, Manifest};
use registry_domain::server::Server;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, time};
use crate::schema::server_drifts;

/// A row of `server_drifts`.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_drifts)]
struct DriftRow {
    server_id: Uuid,
    definitions: String,
    since: Time,
    refused: bool,
}

impl DriftRow {
    fn of(server: &Server, drift: &Drift) -> Result<Self, StoreError> {
        let definitions = drift.seen.to_document().map_err(|source| StoreError::Unreadable {
            what: "a drift to be stored".to_owned(),
            source: Box::new(source),
        })?;
        Ok(Self {
            server_id: server.id.0,
            definitions,
            since: time(drift.since),
            refused: drift.refused,
        })
    }

    fn read(self) -> Result<Drift, StoreError> {
        let place = Place { table: "server_drifts", row: self.server_id };
        let seen = Manifest::from_document(&self.definitions)
            .map_err(|source| place.unreadable("definitions", source))?;
        Ok(Drift { seen, since: self.since.to_jiff(), refused: self.refused })
    }
}

/// The drift of one server.
pub(super) async fn of_server(
    conn: &mut Connection,
    id: Uuid,
) -> Result<Option<Drift>, StoreError> {
    let row: Option<DriftRow> =
        server_drifts::table.find(id).select(DriftRow::as_select()).first(conn).await.optional()?;
    row.map(DriftRow::read).transpose()
}

/// The drifts of all servers: one that does not read spoils its server, no other.
pub(super) async fn of_all(
    conn: &mut Connection,
) -> Result<HashMap<Uuid, Result<Drift, StoreError>>, StoreError> {
    let rows: Vec<DriftRow> = server_drifts::table.select(DriftRow::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.server_id, row.read())).collect())
}

/// The drifts of some servers.
pub(super) async fn of_each(
    conn: &mut Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Result<Drift, StoreError>>, StoreError> {
    let rows: Vec<DriftRow> = server_drifts::table
        .filter(server_drifts::server_id.eq_any(ids))
        .select(DriftRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.server_id, row.read())).collect())
}

/// The drifts of some servers, and which of them do not read.
pub(super) async fn found(
    conn: &mut Connection,
    ids: &[ServerId],
) -> Result<HashMap<ServerId, Option<Drift>>, StoreError> {
    let keys: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let drifts = of_each(conn, &keys).await?;
    drifts
        .into_iter()
        .map(|(id, drift)| match drift {
            Ok(drift) => Ok((ServerId(id), Some(drift))),
            Err(StoreError::Unreadable { what, source }) => {
                tracing::error!(what, error = %source, "a drift does not read");
                Ok((ServerId(id), None))
            }
            Err(error) => Err(error),
        })
        .collect()
}

/// Keeps a server's drift, or forgets the one that was.
pub(super) async fn replace(conn: &mut Connection, server: &Server) -> Result<(), StoreError> {
    diesel::delete(server_drifts::table.find(server.id.0)).execute(conn).await?;
    if let Some(drift) = &server.drift {
        diesel::insert_into(server_drifts::table)
            .values(DriftRow::of(server, drift)?)
            .execute(conn)
            .await?;
    }
    Ok(())
}
