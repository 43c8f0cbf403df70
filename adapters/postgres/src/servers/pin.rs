//! Pinning: definitions, byte for byte, as rows.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::id::ServerId;
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::server::{PinnedManifest, Server};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::without_nul;
use crate::schema::{server_prompts, server_resources, server_tools};

/// What the seed's columns hold of a name; the whole name is beside it.
const SHORT_CHARS: usize = 100;
/// Rows of one statement: it may have 65535 parameters.
const CHUNK: usize = 5000;

#[derive(Insertable)]
#[diesel(table_name = server_tools)]
struct ToolRow<'a> {
    server_id: Uuid,
    name: String,
    full_name: &'a str,
    description: Option<String>,
    position: i64,
    digest: String,
    raw: &'a [u8],
}

#[derive(Insertable)]
#[diesel(table_name = server_prompts)]
struct PromptRow<'a> {
    server_id: Uuid,
    name: String,
    full_name: &'a str,
    description: Option<String>,
    position: i64,
    digest: String,
    raw: &'a [u8],
}

#[derive(Insertable)]
#[diesel(table_name = server_resources)]
struct ResourceRow<'a> {
    server_id: Uuid,
    uri_template: &'a str,
    kind: &'static str,
    name: Option<String>,
    description: Option<String>,
    mime_type: Option<String>,
    position: i64,
    digest: String,
    raw: &'a [u8],
}

/// A manifest's rows, table by table.
#[derive(Default)]
struct Rows<'a> {
    tools: Vec<ToolRow<'a>>,
    prompts: Vec<PromptRow<'a>>,
    resources: Vec<ResourceRow<'a>>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, server_id: Uuid, position: i64, definition: &'a Definition) {
        let said: Value = serde_json::from_slice(&definition.raw).unwrap_or_default();
        let text = |member: &str| {
            said.get(member).and_then(Value::as_str).map(|text| without_nul(text).into_owned())
        };
        let (full_name, raw) = (definition.name.as_str(), definition.raw.as_ref());
        let (description, digest) = (text("description"), definition.digest.to_string());
        match definition.kind {
            DefinitionKind::Tool => self.tools.push(ToolRow {
                server_id,
                name: short(full_name),
                full_name,
                description,
                position,
                digest,
                raw,
            }),
            DefinitionKind::Prompt => self.prompts.push(PromptRow {
                server_id,
                name: short(full_name),
                full_name,
                description,
                position,
                digest,
                raw,
            }),
            DefinitionKind::Resource | DefinitionKind::ResourceTemplate => {
                self.resources.push(ResourceRow {
                    server_id,
                    uri_template: full_name,
                    kind: definition.kind.as_str(),
                    name: text("name").as_deref().map(short),
                    description,
                    mime_type: text("mimeType").as_deref().map(short),
                    position,
                    digest,
                    raw,
                });
            }
        }
    }
}

/// Pins what a server says is pinned of it.
pub(super) async fn insert(conn: &mut Connection, server: &Server) -> Result<(), StoreError> {
    let PinnedManifest::Pinned { manifest, .. } = &server.manifest else {
        return Ok(());
    };
    let mut rows = Rows::default();
    for (position, definition) in (0_i64..).zip(manifest.definitions()) {
        rows.push(server.id.0, position, definition);
    }
    for rows in rows.tools.chunks(CHUNK) {
        diesel::insert_into(server_tools::table).values(rows).execute(conn).await?;
    }
    for rows in rows.prompts.chunks(CHUNK) {
        diesel::insert_into(server_prompts::table).values(rows).execute(conn).await?;
    }
    for rows in rows.resources.chunks(CHUNK) {
        diesel::insert_into(server_resources::table).values(rows).execute(conn).await?;
    }
    Ok(())
}

/// Unpins what is pinned of a server.
pub(super) async fn remove(conn: &mut Connection, id: ServerId) -> Result<(), StoreError> {
    diesel::delete(server_tools::table.filter(server_tools::server_id.eq(id.0)))
        .execute(conn)
        .await?;
    diesel::delete(server_resources::table.filter(server_resources::server_id.eq(id.0)))
        .execute(conn)
        .await?;
    diesel::delete(server_prompts::table.filter(server_prompts::server_id.eq(id.0)))
        .execute(conn)
        .await?;
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(SHORT_CHARS).collect()
}
