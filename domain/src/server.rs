//! A server: what an approved registration becomes. What it serves is what was pinned.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::endpoint::{EndpointUrl, Transport};
use crate::event::RegistryEvent;
use crate::field::Violation;
use crate::id::{Alias, RegistrationId, Revision, ServerId, TenantId, UserId};
use crate::manifest::{Definition, DefinitionKind, Digest, Drift, Manifest};
use crate::registration::Registration;

mod content;
mod declared;
mod drift;
mod listed_by;
mod removal;
mod rules;

pub use content::{ServerContent, ServerDraft};
pub use drift::NoDrift;
pub use listed_by::ListedBy;
pub use removal::ServerRemoval;
pub use rules::{Effect, ToolRule, ToolRules};

/// How an upstream is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HealthStatus {
    /// It answers as it should.
    Healthy,
    /// It does not.
    Unhealthy,
    /// It answers, but not quite as it should.
    Degraded,
    /// Nobody has looked yet.
    Unknown,
    /// An operator took it out of rotation.
    Maintenance,
}

impl HealthStatus {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Healthy, Self::Unhealthy, Self::Degraded, Self::Unknown, Self::Maintenance];

    /// The status as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
        }
    }

    /// The inverse of [`HealthStatus::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What may be served of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinnedManifest {
    /// Nothing was ever read from it: the first manifest seen is pinned, unreviewed.
    Awaited,
    /// Pinned.
    Pinned {
        /// The definitions.
        manifest: Manifest,
        /// Whether somebody saw them before they were served.
        reviewed: bool,
    },
}

/// How far it has come with a server's manifest, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManifestState {
    /// Nothing was ever read.
    Awaited,
    /// Somebody saw what is pinned before it was served.
    Reviewed,
    /// Nobody did.
    Unreviewed,
}

impl ManifestState {
    /// The state as SQL spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Reviewed => "reviewed",
            Self::Unreviewed => "unreviewed",
        }
    }

    /// The inverse of [`ManifestState::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Awaited, Self::Reviewed, Self::Unreviewed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

impl PinnedManifest {
    /// What is pinned, from how a store keeps it.
    pub fn stored(state: ManifestState, definitions: Vec<Definition>) -> Self {
        match state {
            ManifestState::Awaited => Self::Awaited,
            ManifestState::Reviewed | ManifestState::Unreviewed => Self::Pinned {
                manifest: Manifest::new(definitions),
                reviewed: state == ManifestState::Reviewed,
            },
        }
    }

    /// The state as a word.
    pub const fn state(&self) -> ManifestState {
        match self {
            Self::Awaited => ManifestState::Awaited,
            Self::Pinned { reviewed: true, .. } => ManifestState::Reviewed,
            Self::Pinned { reviewed: false, .. } => ManifestState::Unreviewed,
        }
    }

    /// The pinned definitions of a kind.
    pub fn of(&self, kind: DefinitionKind) -> impl Iterator<Item = &Definition> {
        let manifest = match self {
            Self::Awaited => None,
            Self::Pinned { manifest, .. } => Some(manifest),
        };
        manifest.into_iter().flat_map(move |manifest| manifest.of(kind))
    }

    /// The digest of what is pinned.
    pub const fn digest(&self) -> Option<Digest> {
        match self {
            Self::Awaited => None,
            Self::Pinned { manifest, .. } => Some(manifest.digest()),
        }
    }
}

/// A listed upstream: one that was approved, or that somebody listed directly.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Our id.
    pub id: ServerId,
    /// Its name, unique within the tenant; at most 100 characters.
    pub name: String,
    /// Its short name in addresses and tool prefixes, unique within the tenant.
    pub alias: Alias,
    /// Where it is.
    pub endpoint_url: EndpointUrl,
    /// How it is spoken to.
    pub transport: Transport,
    /// Its version, as its owner says.
    pub version: String,
    /// What it is for.
    pub description: Option<String>,
    /// What its owner says that it can do.
    pub capabilities: Map<String, Value>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How it is doing.
    pub health: HealthStatus,
    /// Whose it is; `None`: everybody's.
    pub tenant: Option<TenantId>,
    /// The registration that it came from; `None` for one that was listed directly.
    pub registration: Option<RegistrationId>,
    /// The person who listed it directly, and may change it; `None` for an approved one.
    pub owner: Option<UserId>,
    /// With which authority it is listed as it is.
    pub listed_by: ListedBy,
    /// Whether what it offers is asked of it; else it is what its content declares.
    pub auto_discover: bool,
    /// What may be served of it.
    pub manifest: PinnedManifest,
    /// What it offers instead, where that is something else.
    pub drift: Option<Drift>,
    /// Who may use which of its tools.
    pub tool_rules: ToolRules,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
}

impl Server {
    /// The longest name, in characters.
    pub const MAX_NAME_CHARS: usize = 100;

    /// The server that an approval makes of a registration.
    pub fn of_registration(
        id: ServerId,
        registration: &Registration,
        name: String,
        alias: Alias,
        candidate: Option<Manifest>,
        now: Timestamp,
    ) -> Self {
        let content = &registration.content;
        Self {
            id,
            name,
            alias,
            endpoint_url: content.endpoint_url.clone(),
            transport: content.endpoint_url.transport(),
            version: "1.0.0".to_owned(),
            description: content.description.clone(),
            capabilities: Map::new(),
            tags: Vec::new(),
            health: HealthStatus::Unknown,
            tenant: registration.tenant.clone(),
            registration: Some(registration.id),
            owner: None,
            listed_by: ListedBy::Approval,
            auto_discover: true,
            manifest: candidate.map_or(PinnedManifest::Awaited, |manifest| {
                PinnedManifest::Pinned { manifest, reviewed: true }
            }),
            drift: None,
            tool_rules: ToolRules::default(),
            created_at: now,
            updated_at: now,
            revision: Revision::FIRST,
        }
    }

    /// What happened to it, with what its followers want to know at once.
    pub fn happened(&self, event: RegistryEvent) -> RegistryEvent {
        let about = RegistryEvent { registration: self.registration, ..event };
        about.on_server(self.id, self.tenant.clone()).saying(serde_json::json!({
            "name": self.name,
            "endpoint_url": self.endpoint_url.as_str(),
        }))
    }

    /// The same server as a newer approval made it: what a proposal cannot say stays.
    #[must_use]
    pub fn replaced_by(self, made: Self) -> Self {
        Self {
            version: self.version,
            capabilities: self.capabilities,
            tags: self.tags,
            health: self.health,
            tool_rules: self.tool_rules,
            created_at: self.created_at,
            revision: self.revision.next(),
            ..made
        }
    }
}

/// Accepts a server's name: 1 to 100 printable characters, not blank.
///
/// # Errors
/// A [`Violation`] on `name` that states the rule.
pub fn server_name(text: &str) -> Result<String, Violation> {
    crate::field::printable("name", text, 1, Server::MAX_NAME_CHARS)
}

/// The `number`-th name to try for a display name: cut to 100 characters, from the second on with
/// ` (2)`, ` (3)`, … at its end.
pub fn nth_name(display: &str, number: u32) -> String {
    let ending = if number < 2 { String::new() } else { format!(" ({number})") };
    let room = Server::MAX_NAME_CHARS.saturating_sub(ending.chars().count());
    let stem: String = display.chars().take(room).collect();
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_of_a_name_is_numbered_within_a_hundred_characters() {
        assert_eq!(nth_name("files", 1), "files");
        assert_eq!(nth_name("files", 2), "files (2)");
        let long = nth_name(&"é".repeat(200), 12);
        assert_eq!(long.chars().count(), 100);
        assert!(long.ends_with(" (12)"));
    }
}
