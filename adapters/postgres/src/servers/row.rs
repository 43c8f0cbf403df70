//! A server as a row and its definitions, and back.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::endpoint::Transport;
use registry_domain::id::{RegistrationId, Revision, ServerId, UserId};
use registry_domain::manifest::{Definition, Digest, Drift};
use registry_domain::ports::{Include, ServerSummary, ServerView};
use registry_domain::search::server_search_key;
use registry_domain::server::{HealthStatus, ListedBy, ManifestState, PinnedManifest, Server};
use serde_json::Value;
use uuid::Uuid;

use super::definitions::{self, Kinds};
use super::drift;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::labels::Label;
use crate::place::{Place, Time, json_value, readable, time};
use crate::schema::servers;

/// A row of `servers`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = servers, treat_none_as_null = true)]
pub(super) struct ServerRow {
    id: Uuid,
    name: String,
    endpoint_url: String,
    transport_type: Label,
    version: String,
    description: Option<String>,
    capabilities: Value,
    tags: Vec<Option<String>>,
    /// Written with a new server only: after that, by what probes find and operators order.
    #[diesel(skip_update)]
    health_status: Label,
    tenant_id: Option<String>,
    created_at: Time,
    updated_at: Time,
    registration_id: Option<Uuid>,
    revision: i64,
    alias: Option<String>,
    manifest_state: String,
    manifest_digest: Option<String>,
    owner_id: Option<Uuid>,
    listed_by: String,
    auto_discover: bool,
    search_key: String,
    tool_rules: Value,
}

impl ServerRow {
    /// A server as it is written; its definitions are rows of their own.
    pub(super) fn of(server: &Server) -> Result<Self, StoreError> {
        Ok(Self {
            id: server.id.0,
            name: server.name.clone(),
            endpoint_url: server.endpoint_url.as_str().to_owned(),
            transport_type: Label(server.transport.as_str().to_owned()),
            version: server.version.clone(),
            description: server.description.clone(),
            capabilities: json_value(&server.capabilities)?,
            tags: server.tags.iter().cloned().map(Some).collect(),
            health_status: Label(server.health.as_str().to_owned()),
            tenant_id: server.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            created_at: time(server.created_at),
            updated_at: time(server.updated_at),
            registration_id: server.registration.map(|id| id.0),
            revision: server.revision.0,
            alias: Some(server.alias.as_str().to_owned()),
            manifest_state: server.manifest.state().as_str().to_owned(),
            manifest_digest: server.manifest.digest().map(|digest| digest.to_string()),
            owner_id: server.owner.map(|id| id.0),
            listed_by: server.listed_by.as_str().to_owned(),
            auto_discover: server.auto_discover,
            search_key: server_search_key(
                &server.name,
                server.alias.as_str(),
                server.description.as_deref(),
                &server.tags,
            ),
            tool_rules: json_value(&server.tool_rules)?,
        })
    }

    fn read(self, pinned: Vec<Definition>, drift: Option<Drift>) -> Result<Server, StoreError> {
        let place = Place { table: "servers", row: self.id };
        let state = place.word("manifest_state", &self.manifest_state, ManifestState::parse)?;
        let manifest = PinnedManifest::stored(state, pinned);
        Ok(Server {
            id: ServerId(self.id),
            alias: place.alias(self.alias.as_deref().unwrap_or_default())?,
            endpoint_url: place.endpoint(&self.endpoint_url)?,
            transport: place.word("transport_type", &self.transport_type.0, Transport::parse)?,
            capabilities: place.json("capabilities", self.capabilities)?,
            tags: self.tags.into_iter().flatten().collect(),
            health: place.word("health_status", &self.health_status.0, HealthStatus::parse)?,
            tenant: place.tenant(self.tenant_id.as_deref())?,
            registration: self.registration_id.map(RegistrationId),
            owner: self.owner_id.map(UserId),
            listed_by: place.word("listed_by", &self.listed_by, ListedBy::parse)?,
            auto_discover: self.auto_discover,
            manifest,
            drift,
            tool_rules: place.json("tool_rules", self.tool_rules)?,
            created_at: self.created_at.to_jiff(),
            updated_at: self.updated_at.to_jiff(),
            revision: Revision(self.revision),
            name: self.name,
            version: self.version,
            description: self.description,
        })
    }
}

/// A row of `servers` as readers see it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
pub(super) struct ViewRow {
    #[diesel(embed)]
    row: ServerRow,
    last_health_check: Option<Time>,
}

impl ViewRow {
    /// The server's id.
    pub(super) fn id(&self) -> Uuid {
        self.row.id
    }

    /// The view with its definitions.
    pub(super) fn read(self, definitions: Vec<Definition>) -> Result<ServerView, StoreError> {
        let place = Place { table: "servers", row: self.row.id };
        let state = place.word("manifest_state", &self.row.manifest_state, ManifestState::parse)?;
        let digest = self.row.manifest_digest.as_deref();
        let digest = place.maybe_word("manifest_digest", digest, Digest::parse)?;
        let last_health_check = self.last_health_check.map(jiff_diesel::Timestamp::to_jiff);
        let server = self.row.read(Vec::new(), None)?;
        Ok(ServerView {
            last_health_check,
            manifest_state: state,
            manifest_digest: digest,
            definitions,
            ..ServerView::of(&server, Include::default())
        })
    }
}

/// What a registration's reader needs of its server's row.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
pub(crate) struct SummaryRow {
    id: Uuid,
    alias: Option<String>,
    manifest_state: String,
    manifest_digest: Option<String>,
}

impl SummaryRow {
    /// The summary.
    pub(crate) fn read(self) -> Result<ServerSummary, StoreError> {
        let place = Place { table: "servers", row: self.id };
        let digest = self.manifest_digest.as_deref();
        let state = place.word("manifest_state", &self.manifest_state, ManifestState::parse)?;
        Ok(ServerSummary {
            id: ServerId(self.id),
            alias: place.alias(self.alias.as_deref().unwrap_or_default())?,
            manifest_digest: place.maybe_word("manifest_digest", digest, Digest::parse)?,
            reviewed: state == ManifestState::Reviewed,
        })
    }
}

/// The one server that a query finds, with its definitions.
pub(super) async fn find(
    conn: &mut Connection,
    query: servers::BoxedQuery<'_, Pg>,
) -> Result<Option<Server>, StoreError> {
    let row: Option<ServerRow> =
        query.select(ServerRow::as_select()).first(conn).await.optional()?;
    let Some(row) = row else { return Ok(None) };
    let pinned = definitions::of_server(conn, row.id).await?;
    let drift = drift::of_server(conn, row.id).await?;
    row.read(pinned, drift).map(Some)
}

/// All servers with their definitions and drifts, in three statements.
pub(super) async fn list_all(conn: &mut Connection) -> Result<Vec<Server>, StoreError> {
    let mut pinned = definitions::of_all(conn).await?;
    let mut drifts = drift::of_all(conn).await?;
    let rows: Vec<ServerRow> =
        servers::table.order(servers::id).select(ServerRow::as_select()).load(conn).await?;
    readable(rows.into_iter().map(|row| {
        let pinned = pinned.remove(&row.id).unwrap_or(Ok(Vec::new()))?;
        let drift = drifts.remove(&row.id).transpose()?;
        row.read(pinned, drift)
    }))
}

/// Servers by id with their definitions and drifts, in three statements.
pub(super) async fn list_each(
    conn: &mut Connection,
    ids: &[Uuid],
) -> Result<Vec<Server>, StoreError> {
    let rows: Vec<ServerRow> = servers::table
        .filter(servers::id.eq_any(ids))
        .select(ServerRow::as_select())
        .load(conn)
        .await?;
    let mut pinned = definitions::of_each(conn, ids, Kinds::ALL).await?;
    let mut drifts = drift::of_each(conn, ids).await?;
    readable(rows.into_iter().map(|row| {
        let pinned = pinned.remove(&row.id).unwrap_or(Ok(Vec::new()))?;
        let drift = drifts.remove(&row.id).transpose()?;
        row.read(pinned, drift)
    }))
}

/// Servers that nothing was ever read from, those not written for longest first.
pub(super) async fn list_awaiting(
    conn: &mut Connection,
    limit: u32,
) -> Result<Vec<Server>, StoreError> {
    let rows: Vec<ServerRow> = servers::table
        .filter(servers::manifest_state.eq(ManifestState::Awaited.as_str()))
        .filter(servers::auto_discover)
        .order((servers::updated_at.asc(), servers::id.asc()))
        .limit(limit.into())
        .select(ServerRow::as_select())
        .load(conn)
        .await?;
    readable(rows.into_iter().map(|row| row.read(Vec::new(), None)))
}
