//! What writing one server and writing many have in common.

use crate::caller::{Actor, ServerAction, TenantScope};
use crate::change::Change;
use crate::endpoint::EndpointUrl;
use crate::error::{Error, Subject};
use crate::event::{EventKind, RegistryEvent};
use crate::field::Violation;
use crate::id::{Alias, Revision, ServerId, TenantId};
use crate::manifest::{FaultClass, Manifest};
use crate::ports::{Dial, DiscoveryState, PortError, RegistryPorts};
use crate::server::{HealthStatus, PinnedManifest, Server, ServerContent, ServerDraft, ToolRules};

use super::credentials::opened;

/// How many aliases are tried before we give up.
pub(super) const MOST_ALIASES: u32 = 100;

/// How often a decision is made again on what changed meanwhile, where nobody said what they read.
pub(super) const MOST_DECISIONS: u32 = 3;

/// A server that was written, and how reading what it offers went.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The server.
    pub server: Server,
    /// How far reading what it offers has come.
    pub discovery: DiscoveryState,
}

/// What was to be known of what a server offers when it was written.
pub(super) enum Reading {
    /// This.
    Read(Manifest),
    /// Nothing yet.
    Unread(DiscoveryState),
}

impl Reading {
    /// Asks the server, as long as whoever lists it waits; with its credential where it is listed
    /// already.
    pub(super) async fn of(
        ports: &RegistryPorts,
        actor: Actor<'_>,
        content: &ServerContent,
        over: Option<ServerId>,
    ) -> Result<Self, Error> {
        if !content.auto_discover {
            return Ok(Self::without_asking(content));
        }
        let dialled: EndpointUrl = content.endpoint_url.dialled_over(content.transport);
        let credential = match (over, actor) {
            (Some(id), Actor::Operator | Actor::Person(_)) => opened(ports, id, &dialled).await?,
            // A stranger has nothing read with what opens it for others.
            (None, _) | (Some(_), Actor::Anyone) => None,
        };
        let dial = Dial::with(&dialled, credential.as_ref());
        let read = match actor {
            Actor::Operator => ports.upstream.discover(dial).await,
            Actor::Person(_) | Actor::Anyone => {
                ports.upstream.discover_within(dial, ports.policy.inline_discovery).await
            }
        };
        Ok(match read {
            Ok(manifest) => Self::Read(manifest),
            Err(failure) if failure.class == FaultClass::Timeout => {
                Self::Unread(DiscoveryState::Pending)
            }
            Err(_) => Self::Unread(DiscoveryState::Failed),
        })
    }

    /// What is known without asking the server.
    pub(super) fn without_asking(content: &ServerContent) -> Self {
        match content.declared() {
            Some(manifest) => Self::Read(manifest),
            None if content.auto_discover => Self::Unread(DiscoveryState::Pending),
            None => Self::Unread(DiscoveryState::Skipped),
        }
    }

    /// The state to tell of a server that was written with it.
    fn state(&self, content: &ServerContent) -> DiscoveryState {
        match self {
            Self::Unread(state) => *state,
            Self::Read(_) if content.auto_discover => DiscoveryState::Complete,
            Self::Read(_) => DiscoveryState::Skipped,
        }
    }

    /// What to pin; it counts as reviewed where the actor vouches for the server.
    fn pin(self, actor: Actor<'_>) -> PinnedManifest {
        match self {
            Self::Unread(_) => PinnedManifest::Awaited,
            Self::Read(manifest) => {
                PinnedManifest::Pinned { manifest, reviewed: actor.lists_as().is_vouched() }
            }
        }
    }
}

/// Checks a draft of a server that is to be listed, and finds the tenant that it belongs to.
pub(super) fn checked(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    draft: ServerDraft,
) -> Result<(ServerContent, Option<TenantId>), Error> {
    // Who may list nothing is told so before what is wrong with what they wrote.
    actor.authorize(&ports.policy, ServerAction::List { tenant: None })?;
    let content = ServerContent::check(draft, &ports.policy).map_err(Error::Invalid)?;
    let action = ServerAction::List { tenant: content.tenant.as_ref() };
    let tenant = match actor.authorize(&ports.policy, action)? {
        TenantScope::Only(tenant) | TenantScope::Of(tenant) => Some(tenant),
        TenantScope::All | TenantScope::Shared | TenantScope::Nothing => None,
    };
    Ok((content, tenant))
}

/// The first write of a server.
pub(super) fn listing(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    (content, tenant): (ServerContent, Option<TenantId>),
    alias: Alias,
    reading: Reading,
) -> (Change<Server>, DiscoveryState) {
    let stamp = ports.stamp();
    let discovery = reading.state(&content);
    let server = Server {
        id: ServerId(ports.ids.next()),
        name: content.name,
        alias,
        endpoint_url: content.endpoint_url,
        transport: content.transport,
        version: content.version,
        description: content.description,
        capabilities: content.capabilities,
        tags: content.tags,
        health: HealthStatus::Unknown,
        tenant,
        registration: None,
        owner: actor.user(),
        listed_by: actor.lists_as(),
        auto_discover: content.auto_discover,
        manifest: reading.pin(actor),
        drift: None,
        tool_rules: ToolRules::default(),
        created_at: stamp.at,
        updated_at: stamp.at,
        revision: Revision::FIRST,
    };
    let event = RegistryEvent {
        actor: actor.user(),
        ..RegistryEvent::by_product(EventKind::ServerListed, stamp)
    };
    let events = vec![server.happened(event)];
    (Change { next: server, expected: None, events }, discovery)
}

/// The write of another content over a server. What is pinned stays where the address does and
/// nothing newer was read; what an approval pinned stays as long as the address does, as whatever
/// differs from it since is for its reviewers to accept.
pub(super) fn replacement(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    server: &Server,
    content: ServerContent,
    reading: Reading,
) -> Result<(Change<Server>, DiscoveryState), Error> {
    actor.authorize(&ports.policy, ServerAction::Replace(server))?;
    let tenant = match &content.tenant {
        tenant @ Some(_) if *tenant != server.tenant => {
            actor.authorize(&ports.policy, ServerAction::List { tenant: tenant.as_ref() })?;
            tenant.clone()
        }
        _ => server.tenant.clone(),
    };
    if content.alias.as_ref().is_some_and(|alias| *alias != server.alias) {
        let rule = format!("must stay {:?}, as clients know it by that", server.alias.as_str());
        return Err(Error::Invalid(vec![Violation::at("alias", "value_error", rule)]));
    }
    let moved =
        content.endpoint_url != server.endpoint_url || content.transport != server.transport;
    let mut discovery = reading.state(&content);
    let was_approved = server.registration.is_some() && actor.lists_as().is_vouched() && !moved;
    let is_pinned = server.manifest != PinnedManifest::Awaited;
    let manifest = match reading {
        Reading::Unread(_) if !moved => server.manifest.clone(),
        Reading::Read(_) if was_approved && is_pinned => server.manifest.clone(),
        reading => reading.pin(actor),
    };
    if manifest != PinnedManifest::Awaited && discovery == DiscoveryState::Pending {
        discovery = DiscoveryState::Complete;
    }
    let stamp = ports.stamp();
    let next = content.written_over(Server {
        tenant,
        // Of another address nobody knows how it is; what an operator ordered stays.
        health: match server.health {
            health if !moved || health == HealthStatus::Maintenance => health,
            _ => HealthStatus::Unknown,
        },
        listed_by: if was_approved { server.listed_by } else { actor.lists_as() },
        // What differs from what is no longer pinned differs from nothing.
        drift: server.drift.clone().filter(|_| manifest == server.manifest),
        manifest,
        updated_at: stamp.at,
        revision: server.revision.next(),
        ..server.clone()
    });
    let event = RegistryEvent {
        actor: actor.user(),
        ..RegistryEvent::by_product(EventKind::ServerChanged, stamp)
    };
    let events = vec![next.happened(event)];
    Ok((Change { next, expected: Some(server.revision), events }, discovery))
}

/// The server, if the actor may know of it and it is what they read.
pub(super) fn visible(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    server: Server,
    expected: Option<Revision>,
) -> Result<Server, Error> {
    let scope = actor.authorize(&ports.policy, ServerAction::Read(&TenantScope::All))?;
    if !scope.includes(server.tenant.as_ref()) {
        return Err(Error::NotFound(Subject::Server(server.id)));
    }
    if expected.is_some_and(|expected| expected != server.revision) {
        return Err(Error::Stale { what: "the server changed since it was read" });
    }
    Ok(server)
}

/// The alias to try `number`-th for a server without one of its own choice.
pub(super) fn nth_alias(name: &str, number: u32) -> Alias {
    let made = Alias::from_name(name);
    if number < 2 { made } else { made.numbered(number) }
}

/// What a write of a server says that failed.
pub(super) fn unwritten(server: &Server, error: PortError) -> Error {
    match error {
        PortError::AlreadyExists { key: "alias", existing } => Error::NameTaken {
            what: "alias",
            wanted: server.alias.to_string(),
            holder: existing.map(ServerId),
        },
        PortError::AlreadyExists { key: "name", existing } => Error::NameTaken {
            what: "name",
            wanted: server.name.clone(),
            holder: existing.map(ServerId),
        },
        PortError::NotFound | PortError::Conflict { current: None } => {
            Error::NotFound(Subject::Server(server.id))
        }
        error => error.into(),
    }
}
