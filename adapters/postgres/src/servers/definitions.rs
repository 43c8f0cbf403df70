//! Pinned definitions as rows, byte for byte.

use std::collections::HashMap;

use bytes::Bytes;
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use registry_domain::manifest::{Definition, DefinitionKind, Digest};
use registry_domain::ports::Include;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::Place;

/// All pinned definitions, to be read in the order in which they were sent.
macro_rules! pinned {
    ($condition:literal) => {
        pinned!($condition, $condition, $condition)
    };
    ($tools:literal, $resources:literal, $prompts:literal) => {
        concat!(
            "SELECT server_id, 'tool' AS kind, full_name AS name, digest, raw, position ",
            "FROM server_tools ",
            $tools,
            " UNION ALL SELECT server_id, kind, uri_template, digest, raw, position ",
            "FROM server_resources ",
            $resources,
            " UNION ALL SELECT server_id, 'prompt', full_name, digest, raw, position ",
            "FROM server_prompts ",
            $prompts,
            " ORDER BY server_id, position"
        )
    };
}

/// Definitions of which kinds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kinds {
    tools: bool,
    resources: bool,
    prompts: bool,
}

impl Kinds {
    /// All kinds.
    pub(super) const ALL: Self = Self { tools: true, resources: true, prompts: true };

    /// Those that a reader asked for.
    pub(super) fn of(include: Include) -> Self {
        Self { tools: include.tools, resources: include.resources, prompts: false }
    }
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
    Ok(by_server(diesel::sql_query(pinned!("")).load(conn).await?))
}

/// What is pinned of some servers, by server.
pub(super) async fn of_each(
    conn: &mut Connection,
    ids: &[Uuid],
    kinds: Kinds,
) -> Result<HashMap<Uuid, Pinned>, StoreError> {
    let rows = diesel::sql_query(pinned!(
        "WHERE $2 AND server_id = ANY($1)",
        "WHERE $3 AND server_id = ANY($1)",
        "WHERE $4 AND server_id = ANY($1)"
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Bool, _>(kinds.tools)
    .bind::<Bool, _>(kinds.resources)
    .bind::<Bool, _>(kinds.prompts)
    .load(conn)
    .await?;
    Ok(by_server(rows))
}

fn by_server(rows: Vec<PinnedRow>) -> HashMap<Uuid, Pinned> {
    let mut pinned: HashMap<Uuid, Pinned> = HashMap::new();
    for row in rows {
        let of_server = pinned.entry(row.server_id).or_insert_with(|| Ok(Vec::new()));
        match (row.read(), of_server) {
            (Ok(definition), Ok(definitions)) => definitions.push(definition),
            (Err(error), of_server) => *of_server = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
    pinned
}
