//! Reading servers: what is asked, and what a reader gets.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{ListCursor, Order};
use crate::caller::{Actor, TenantScope};
use crate::endpoint::{EndpointUrl, Transport};
use crate::id::{Alias, RegistrationId, Revision, ServerId, TenantId, UserId};
use crate::manifest::{Definition, DefinitionKind, Digest};
use crate::server::{HealthStatus, ListedBy, ManifestState, PinnedManifest, Server, ToolRules};

/// Which definitions come with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Include {
    /// Its tools.
    pub tools: bool,
    /// Its resources and resource templates.
    pub resources: bool,
}

impl Include {
    /// Whether definitions of a kind are wanted.
    pub const fn wants(self, kind: DefinitionKind) -> bool {
        match kind {
            DefinitionKind::Tool => self.tools,
            DefinitionKind::Resource | DefinitionKind::ResourceTemplate => self.resources,
            DefinitionKind::Prompt => false,
        }
    }

    /// Whether any are.
    pub const fn any(self) -> bool {
        self.tools || self.resources
    }
}

/// Which servers to list.
#[derive(Debug, Clone, Default)]
pub struct ServerQuery {
    /// Of these tenants.
    pub tenant: TenantScope,
    /// With this status.
    pub health: Option<HealthStatus>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// With this name, letter by letter.
    pub name: Option<String>,
    /// With this text in name, alias, description or a tag, whatever the case; `%` and `_` mean
    /// themselves.
    pub search: Option<String>,
    /// The order.
    pub order: Order,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
    /// After this position.
    pub after: Option<ListCursor<ServerId>>,
    /// With these definitions.
    pub include: Include,
}

/// How far it has come with reading what a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscoveryState {
    /// It was read, and is pinned.
    Complete,
    /// It is read as soon as possible.
    Pending,
    /// It could not be read just now; it is tried again.
    Failed,
    /// It is not asked: what is pinned was declared, or nothing is.
    Skipped,
}

impl DiscoveryState {
    /// The state's name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A server as its readers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerView {
    /// Our id.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its alias.
    pub alias: Alias,
    /// Where it is.
    pub endpoint_url: EndpointUrl,
    /// How it is spoken to.
    pub transport: Transport,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is said to be able to do.
    pub capabilities: Map<String, Value>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How it is doing.
    pub health: HealthStatus,
    /// When that was last looked at.
    pub last_health_check: Option<Timestamp>,
    /// Whose it is; `None`: everybody's.
    pub tenant: Option<TenantId>,
    /// The registration that it came from.
    pub registration: Option<RegistrationId>,
    /// The person who listed it directly.
    pub owner: Option<UserId>,
    /// With which authority it is listed.
    pub listed_by: ListedBy,
    /// Whether what it offers is asked of it.
    pub auto_discover: bool,
    /// How far it has come with its manifest.
    pub manifest_state: ManifestState,
    /// The digest of what is pinned.
    pub manifest_digest: Option<Digest>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
    /// Its pinned definitions of the kinds that were asked for.
    pub definitions: Vec<Definition>,
    /// Who may use which of its tools.
    pub tool_rules: ToolRules,
}

impl ServerView {
    /// The view without the tools that somebody may not use.
    #[must_use]
    pub fn shown_to(mut self, actor: Actor<'_>) -> Self {
        let caller = match actor {
            Actor::Operator => return self,
            Actor::Person(caller) => Some(caller),
            Actor::Anyone => None,
        };
        let rules = &self.tool_rules;
        self.definitions.retain(|definition| {
            definition.kind != DefinitionKind::Tool || rules.permit(caller, &definition.name)
        });
        self
    }

    /// The view of a server that was just written.
    pub fn of(server: &Server, include: Include) -> Self {
        Self {
            id: server.id,
            name: server.name.clone(),
            alias: server.alias.clone(),
            endpoint_url: server.endpoint_url.clone(),
            transport: server.transport,
            version: server.version.clone(),
            description: server.description.clone(),
            capabilities: server.capabilities.clone(),
            tags: server.tags.clone(),
            health: server.health,
            last_health_check: None,
            tenant: server.tenant.clone(),
            registration: server.registration,
            owner: server.owner,
            listed_by: server.listed_by,
            auto_discover: server.auto_discover,
            manifest_state: server.manifest.state(),
            manifest_digest: server.manifest.digest(),
            created_at: server.created_at,
            updated_at: server.updated_at,
            revision: server.revision,
            definitions: match &server.manifest {
                PinnedManifest::Awaited => Vec::new(),
                PinnedManifest::Pinned { manifest, .. } => manifest
                    .definitions()
                    .iter()
                    .filter(|definition| include.wants(definition.kind))
                    .cloned()
                    .collect(),
            },
            tool_rules: server.tool_rules.clone(),
        }
    }

    /// How far it has come with reading what it offers, as far as is stored.
    pub fn discovery(&self) -> DiscoveryState {
        match (self.auto_discover, self.manifest_state) {
            (false, _) => DiscoveryState::Skipped,
            (true, ManifestState::Awaited) => DiscoveryState::Pending,
            (true, ManifestState::Reviewed | ManifestState::Unreviewed) => DiscoveryState::Complete,
        }
    }

    /// The included definitions of a kind.
    pub fn of_kind(&self, kind: DefinitionKind) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(move |definition| definition.kind == kind)
    }
}

/// How many servers there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerCounts {
    /// In all.
    pub total: u64,
    /// By status; every status is named.
    pub by_status: Vec<(HealthStatus, u64)>,
    /// By transport; every transport is named.
    pub by_transport: Vec<(Transport, u64)>,
}

impl ServerCounts {
    /// The counts of groups as a store finds them; what occurs nowhere counts zero.
    pub fn of(groups: impl IntoIterator<Item = (HealthStatus, Transport, u64)>) -> Self {
        let mut counts = Self {
            total: 0,
            by_status: HealthStatus::ALL.map(|status| (status, 0)).to_vec(),
            by_transport: Transport::ALL.map(|transport| (transport, 0)).to_vec(),
        };
        for (status, transport, count) in groups {
            counts.total += count;
            for (of, so_far) in &mut counts.by_status {
                *so_far += if *of == status { count } else { 0 };
            }
            for (of, so_far) in &mut counts.by_transport {
                *so_far += if *of == transport { count } else { 0 };
            }
        }
        counts
    }
}
