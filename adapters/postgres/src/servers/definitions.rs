//! Pinned definitions as rows, byte for byte.

use std::collections::HashMap;

use bytes::Bytes;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use registry_domain::manifest::{Definition, DefinitionKind, Digest};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::Place;

/// All pinned definitions, to be read in the order in which they were sent.
macro_rules! pinned {
    ($condition:literal) => {
        concat!(
            "SELECT server_id, 'tool' AS kind, full_name AS name, digest, raw, position ",
            "FROM server_tools ",
            $condition,
            " UNION ALL SELECT server_id, kind, uri_template, digest, raw, position ",
            "FROM server_resources ",
            $condition,
            " UNION ALL SELECT server_id, 'prompt', full_name, digest, raw, position ",
            "FROM server_prompts ",
            $condition,
            " ORDER BY server_id, position"
        )
    };
}

#[derive(QueryableByName)]
struct PinnedRow {
    #[diesel(sql_type = SqlUuid)]
    server_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    digest: String,
    #[diesel(sql_type = Binary)]
    raw: Vec<u8>,
}

impl PinnedRow {
    fn read(self) -> Result<Definition, StoreError> {
        let place = Place { table: "pinned definitions", row: self.server_id };
        Ok(Definition {
            kind: place.word("kind", &self.kind, DefinitionKind::parse)?,
            digest: place.word("digest", &self.digest, Digest::parse)?,
            name: self.name,
            raw: Bytes::from(self.raw),
        })
    }
}

/// A server's definitions as they were read: one that does not read spoils its server, no other.
pub(super) type Pinned = Result<Vec<Definition>, StoreError>;

/// What is pinned of one server.
pub(super) async fn of_server(conn: &mut Connection, id: Uuid) -> Pinned {
    let rows: Vec<PinnedRow> = diesel::sql_query(pinned!("WHERE server_id = $1"))
        .bind::<SqlUuid, _>(id)
        .load(conn)
        .await?;
    rows.into_iter().map(PinnedRow::read).collect()
}

/// What is pinned of all servers, by server.
pub(super) async fn of_all(conn: &mut Connection) -> Result<HashMap<Uuid, Pinned>, StoreError> {
    let rows: Vec<PinnedRow> = diesel::sql_query(pinned!("")).load(conn).await?;
    let mut pinned: HashMap<Uuid, Pinned> = HashMap::new();
    for row in rows {
        let of_server = pinned.entry(row.server_id).or_insert_with(|| Ok(Vec::new()));
        match (row.read(), of_server) {
            (Ok(definition), Ok(definitions)) => definitions.push(definition),
            (Err(error), of_server) => *of_server = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
    Ok(pinned)
}
