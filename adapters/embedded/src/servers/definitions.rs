//! Pinned definitions as rows, byte for byte.

use std::collections::HashMap;

use bytes::Bytes;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Text};
use registry_domain::id::ServerId;
use registry_domain::manifest::{Definition, DefinitionKind, Digest};
use registry_domain::ports::Include;
use registry_domain::server::{PinnedManifest, Server};
use serde_json::Value;

use crate::error::StoreError;
use crate::place::{Place, json_text};
use crate::schema::{server_prompts, server_resources, server_tools};

/// What the seed's columns hold of a name; the whole name is beside it.
const SHORT_CHARS: usize = 100;

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
    #[diesel(sql_type = Text)]
    server_id: String,
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
        let place = Place { table: "pinned definitions", row: &self.server_id };
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
pub(super) fn of_server(conn: &mut SqliteConnection, id: &str) -> Pinned {
    let rows: Vec<PinnedRow> =
        diesel::sql_query(pinned!("WHERE server_id = ?1")).bind::<Text, _>(id).load(conn)?;
    rows.into_iter().map(PinnedRow::read).collect()
}

/// What is pinned of all servers, by server.
pub(super) fn of_all(conn: &mut SqliteConnection) -> Result<HashMap<String, Pinned>, StoreError> {
    Ok(by_server(diesel::sql_query(pinned!("")).load(conn)?))
}

/// What is pinned of some servers, by server.
pub(super) fn of_each(
    conn: &mut SqliteConnection,
    ids: &[String],
    kinds: Kinds,
) -> Result<HashMap<String, Pinned>, StoreError> {
    let rows = diesel::sql_query(pinned!(
        "WHERE ?2 AND server_id IN (SELECT value FROM json_each(?1))",
        "WHERE ?3 AND server_id IN (SELECT value FROM json_each(?1))",
        "WHERE ?4 AND server_id IN (SELECT value FROM json_each(?1))"
    ))
    .bind::<Text, _>(json_text(&ids)?)
    .bind::<Bool, _>(kinds.tools)
    .bind::<Bool, _>(kinds.resources)
    .bind::<Bool, _>(kinds.prompts)
    .load(conn)?;
    Ok(by_server(rows))
}

fn by_server(rows: Vec<PinnedRow>) -> HashMap<String, Pinned> {
    let mut pinned: HashMap<String, Pinned> = HashMap::new();
    for row in rows {
        let of_server = pinned.entry(row.server_id.clone()).or_insert_with(|| Ok(Vec::new()));
        match (row.read(), of_server) {
            (Ok(definition), Ok(definitions)) => definitions.push(definition),
            (Err(error), of_server) => *of_server = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
    pinned
}

/// Unpins what is pinned of a server.
pub(super) fn remove(conn: &mut SqliteConnection, id: ServerId) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::delete(server_tools::table.filter(server_tools::server_id.eq(&id))).execute(conn)?;
    diesel::delete(server_resources::table.filter(server_resources::server_id.eq(&id)))
        .execute(conn)?;
    diesel::delete(server_prompts::table.filter(server_prompts::server_id.eq(&id)))
        .execute(conn)?;
    Ok(())
}

/// Pins what a server says is pinned of it.
pub(super) fn insert(conn: &mut SqliteConnection, server: &Server) -> Result<(), StoreError> {
    let PinnedManifest::Pinned { manifest, .. } = &server.manifest else {
        return Ok(());
    };
    let server_id = server.id.to_string();
    for (position, definition) in (0_i64..).zip(manifest.definitions()) {
        let digest = definition.digest.to_string();
        let said: Value = serde_json::from_slice(&definition.raw).unwrap_or_default();
        let text = |member: &str| said.get(member).and_then(Value::as_str);
        match definition.kind {
            DefinitionKind::Tool => diesel::insert_into(server_tools::table)
                .values((
                    server_tools::server_id.eq(&server_id),
                    server_tools::name.eq(short(&definition.name)),
                    server_tools::full_name.eq(&definition.name),
                    server_tools::description.eq(text("description")),
                    server_tools::position.eq(position),
                    server_tools::digest.eq(digest),
                    server_tools::raw.eq(definition.raw.as_ref()),
                ))
                .execute(conn)?,
            DefinitionKind::Prompt => diesel::insert_into(server_prompts::table)
                .values((
                    server_prompts::server_id.eq(&server_id),
                    server_prompts::name.eq(short(&definition.name)),
                    server_prompts::full_name.eq(&definition.name),
                    server_prompts::description.eq(text("description")),
                    server_prompts::position.eq(position),
                    server_prompts::digest.eq(digest),
                    server_prompts::raw.eq(definition.raw.as_ref()),
                ))
                .execute(conn)?,
            DefinitionKind::Resource | DefinitionKind::ResourceTemplate => {
                diesel::insert_into(server_resources::table)
                    .values((
                        server_resources::server_id.eq(&server_id),
                        server_resources::uri_template.eq(&definition.name),
                        server_resources::kind.eq(definition.kind.as_str()),
                        server_resources::name.eq(text("name").map(short)),
                        server_resources::description.eq(text("description")),
                        server_resources::mime_type.eq(text("mimeType").map(short)),
                        server_resources::position.eq(position),
                        server_resources::digest.eq(digest),
                        server_resources::raw.eq(definition.raw.as_ref()),
                    ))
                    .execute(conn)?
            }
        };
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(SHORT_CHARS).collect()
}
