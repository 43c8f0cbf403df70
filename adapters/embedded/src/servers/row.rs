//! A server as a row and its definitions, and back.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use registry_domain::endpoint::Transport;
use registry_domain::id::{RegistrationId, Revision, ServerId, UserId};
use registry_domain::manifest::{Definition, Digest, Drift};
use registry_domain::ports::{Include, ServerSummary, ServerView};
use registry_domain::search::server_search_key;
use registry_domain::server::{HealthStatus, ListedBy, ManifestState, PinnedManifest, Server};

use super::definitions::{self, Kinds};
use super::drift;
use crate::error::StoreError;
use crate::place::{Place, json_text, readable, time_text};
use crate::schema::servers;

/// A row of `servers`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = servers, treat_none_as_null = true)]
pub(super) struct ServerRow {
    id: String,
    name: String,
    endpoint_url: String,
    transport_type: String,
    version: String,
    description: Option<String>,
    capabilities: String,
    tags: String,
    /// Written with a new server only: after that, by what probes find and operators order.
    #[diesel(skip_update)]
    health_status: String,
    tenant_id: Option<String>,
    created_at: String,
    updated_at: String,
    registration_id: Option<String>,
    revision: i64,
    alias: Option<String>,
    manifest_state: String,
    manifest_digest: Option<String>,
    owner_id: Option<String>,
    listed_by: String,
    auto_discover: bool,
    search_key: String,
    tool_rules: String,
}

impl ServerRow {
    /// A server as it is written; its definitions are rows of their own.
    pub(super) fn of(server: &Server) -> Result<Self, StoreError> {
        Ok(Self {
            id: server.id.to_string(),
            name: server.name.clone(),
            endpoint_url: server.endpoint_url.as_str().to_owned(),
            transport_type: server.transport.as_str().to_owned(),
            version: server.version.clone(),
            description: server.description.clone(),
            capabilities: json_text(&server.capabilities)?,
            tags: json_text(&server.tags)?,
            health_status: server.health.as_str().to_owned(),
            tenant_id: server.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            created_at: time_text(server.created_at),
            updated_at: time_text(server.updated_at),
            registration_id: server.registration.map(|id| id.to_string()),
            revision: server.revision.0,
            alias: Some(server.alias.as_str().to_owned()),
            manifest_state: server.manifest.state().as_str().to_owned(),
            manifest_digest: server.manifest.digest().map(|digest| digest.to_string()),
            owner_id: server.owner.map(|id| id.to_string()),
            listed_by: server.listed_by.as_str().to_owned(),
            auto_discover: server.auto_discover,
            search_key: server_search_key(
                &server.name,
                server.alias.as_str(),
                server.description.as_deref(),
                &server.tags,
            ),
            tool_rules: json_text(&server.tool_rules)?,
        })
    }

    fn read(self, pinned: Vec<Definition>, drift: Option<Drift>) -> Result<Server, StoreError> {
        let place = Place { table: "servers", row: &self.id };
        let state = place.word("manifest_state", &self.manifest_state, ManifestState::parse)?;
        let manifest = PinnedManifest::stored(state, pinned);
        Ok(Server {
            id: ServerId(place.uuid("id", &self.id)?),
            alias: place.alias(self.alias.as_deref().unwrap_or_default())?,
            endpoint_url: place.endpoint(&self.endpoint_url)?,
            transport: place.word("transport_type", &self.transport_type, Transport::parse)?,
            capabilities: place.json("capabilities", &self.capabilities)?,
            tags: place.json("tags", &self.tags)?,
            health: place.word("health_status", &self.health_status, HealthStatus::parse)?,
            tenant: place.tenant(self.tenant_id.as_deref())?,
            registration: place
                .maybe_uuid("registration_id", self.registration_id.as_deref())?
                .map(RegistrationId),
            owner: place.maybe_uuid("owner_id", self.owner_id.as_deref())?.map(UserId),
            listed_by: place.word("listed_by", &self.listed_by, ListedBy::parse)?,
            auto_discover: self.auto_discover,
            manifest,
            drift,
            tool_rules: place.json("tool_rules", &self.tool_rules)?,
            created_at: place.time("created_at", &self.created_at)?,
            updated_at: place.time("updated_at", &self.updated_at)?,
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
    last_health_check: Option<String>,
}

impl ViewRow {
    /// The server's id.
    pub(super) fn id(&self) -> &str {
        &self.row.id
    }

    /// The view with its definitions.
    pub(super) fn read(self, definitions: Vec<Definition>) -> Result<ServerView, StoreError> {
        let place = Place { table: "servers", row: &self.row.id };
        let state = place.word("manifest_state", &self.row.manifest_state, ManifestState::parse)?;
        let digest = self.row.manifest_digest.as_deref();
        let digest = place.maybe_word("manifest_digest", digest, Digest::parse)?;
        let last_health_check = match &self.last_health_check {
            Some(text) => Some(place.time("last_health_check", text)?),
            None => None,
        };
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
    id: String,
    alias: Option<String>,
    manifest_state: String,
    manifest_digest: Option<String>,
}

impl SummaryRow {
    /// The summary.
    pub(crate) fn read(self) -> Result<ServerSummary, StoreError> {
        let place = Place { table: "servers", row: &self.id };
        let digest = self.manifest_digest.as_deref();
        let state = place.word("manifest_state", &self.manifest_state, ManifestState::parse)?;
        Ok(ServerSummary {
            id: ServerId(place.uuid("id", &self.id)?),
            alias: place.alias(self.alias.as_deref().unwrap_or_default())?,
            manifest_digest: place.maybe_word("manifest_digest", digest, Digest::parse)?,
            reviewed: state == ManifestState::Reviewed,
        })
    }
}

/// The one server that a query finds, with its definitions.
pub(super) fn find(
    conn: &mut SqliteConnection,
    query: servers::BoxedQuery<'_, Sqlite>,
) -> Result<Option<Server>, StoreError> {
    let row: Option<ServerRow> = query.select(ServerRow::as_select()).first(conn).optional()?;
    row.map(|row| {
        let pinned = definitions::of_server(conn, &row.id)?;
        let drift = drift::of_server(conn, &row.id)?;
        row.read(pinned, drift)
    })
    .transpose()
}

/// All servers with their definitions and drifts, in three statements.
pub(super) fn list_all(conn: &mut SqliteConnection) -> Result<Vec<Server>, StoreError> {
    let mut pinned = definitions::of_all(conn)?;
    let mut drifts = drift::of_all(conn)?;
    let rows: Vec<ServerRow> =
        servers::table.order(servers::id).select(ServerRow::as_select()).load(conn)?;
    readable(rows.into_iter().map(|row| {
        let pinned = pinned.remove(&row.id).unwrap_or(Ok(Vec::new()))?;
        let drift = drifts.remove(&row.id).transpose()?;
        row.read(pinned, drift)
    }))
}

/// Servers by id with their definitions and drifts, in three statements.
pub(super) fn list_each(
    conn: &mut SqliteConnection,
    ids: &[ServerId],
) -> Result<Vec<Server>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows: Vec<ServerRow> = servers::table
        .filter(servers::id.eq_any(&ids))
        .select(ServerRow::as_select())
        .load(conn)?;
    let mut pinned = definitions::of_each(conn, &ids, Kinds::ALL)?;
    let mut drifts = drift::of_each(conn, &ids)?;
    readable(rows.into_iter().map(|row| {
        let pinned = pinned.remove(&row.id).unwrap_or(Ok(Vec::new()))?;
        let drift = drifts.remove(&row.id).transpose()?;
        row.read(pinned, drift)
    }))
}

/// Servers that nothing was ever read from, those not written for longest first.
pub(super) fn list_awaiting(
    conn: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<Server>, StoreError> {
    let rows: Vec<ServerRow> = servers::table
        .filter(servers::manifest_state.eq(ManifestState::Awaited.as_str()))
        .filter(servers::auto_discover)
        .order((servers::updated_at.asc(), servers::id.asc()))
        .limit(limit.into())
        .select(ServerRow::as_select())
        .load(conn)?;
    readable(rows.into_iter().map(|row| row.read(Vec::new(), None)))
}
