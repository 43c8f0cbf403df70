//! The routing table: an immutable snapshot of what may be called, and the decision on one call.
//!
//! The table is made of persistent maps of `Arc<ServerEntry>`: an event replaces one entry and
//! shares all the others with the table before. Reading it takes no lock and no database.
//!
//! Which of several servers gets a call: [`balance`]; which are left alone for a while: [`breaker`]
//! and [`ejection`].

pub mod balance;
pub mod breaker;
mod collections;
pub mod ejection;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use crate::caller::{Caller, Permit};
use crate::collection::Collection;
use crate::credential::Credential;
use crate::endpoint::EndpointUrl;
use crate::event::EventSeq;
use crate::federation::ServerRef;
use crate::id::{Alias, CollectionId, ServerId, TenantId};
use crate::manifest::{Definition, DefinitionKind};
use crate::party::Party;
use crate::server::{HealthStatus, ListedBy, Server, ToolRules};

use self::balance::RoutingWish;
use self::collections::Collections;
pub use self::collections::{CollectionEntry, Selection};

/// One routable server: what a call needs to know of it, and nothing that needs a second look.
#[derive(Debug)]
pub struct ServerEntry {
    /// The server's id.
    pub id: ServerId,
    /// Its name, for people.
    pub name: String,
    /// Its alias.
    pub alias: Alias,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Where to dial.
    pub endpoint: EndpointUrl,
    /// With which authority it is listed.
    pub listed_by: ListedBy,
    /// How it was doing when it was last written.
    pub health: HealthStatus,
    /// Whether an operator took it out of rotation.
    pub in_maintenance: bool,
    /// How its owner wishes it to be chosen among others.
    pub routing: RoutingWish,
    /// What opens it, where we have something.
    pub credential: Option<Arc<Credential>>,
    definitions: Vec<Definition>,
    by_name: HashMap<(DefinitionKind, String), usize>,
    /// What was pinned and is something else by now: neither listed nor callable.
    withheld: HashSet<(DefinitionKind, String)>,
    rules: ToolRules,
}

impl ServerEntry {
    /// The entry of a server.
    pub fn new(server: &Server) -> Self {
        let withheld = server.withheld();
        let definitions: Vec<Definition> = DefinitionKind::ALL
            .into_iter()
            .flat_map(|kind| server.manifest.of(kind).cloned())
            .filter(|one| !withheld.contains(&(one.kind, one.name.clone())))
            .collect();
        let by_name = definitions
            .iter()
            .enumerate()
            .map(|(index, definition)| ((definition.kind, definition.name.clone()), index))
            .collect();
        Self {
            id: server.id,
            name: server.name.clone(),
            alias: server.alias.clone(),
            tenant: server.tenant.clone(),
            endpoint: server.endpoint_url.dialled_over(server.transport),
            listed_by: server.listed_by,
            health: server.health,
            in_maintenance: server.health == HealthStatus::Maintenance,
            routing: RoutingWish::of(&server.capabilities),
            credential: None,
            definitions,
            by_name,
            withheld,
            rules: server.tool_rules.clone(),
        }
    }

    /// What there is of it for somebody (`None`: a stranger). Nothing else of it is listed, found or
    /// called: whatever looks into an entry looks through this.
    pub fn offered_to<'a>(&'a self, caller: Option<&'a Caller>) -> Offered<'a> {
        Offered { entry: self, caller }
    }

    /// The same entry with what opens the server.
    #[must_use]
    pub fn opened_by(self, credential: Option<Arc<Credential>>) -> Self {
        Self { credential, ..self }
    }

    /// What opens the server for whoever has it called: nothing for those who have not signed in.
    pub fn credential_for(&self, party: &Party) -> Option<&Arc<Credential>> {
        self.credential.as_ref().filter(|_| party.caller().is_some())
    }
}

/// What somebody may use of a server: what was approved, and no rule denies them.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    entry: &'a ServerEntry,
    caller: Option<&'a Caller>,
}

impl<'a> Offered<'a> {
    fn may_use(self, definition: &Definition) -> bool {
        definition.kind != DefinitionKind::Tool
            || self.entry.rules.permit(self.caller, &definition.name)
    }

    /// The approved definitions of a kind, in the upstream's order.
    pub fn definitions(self, kind: DefinitionKind) -> impl Iterator<Item = &'a Definition> {
        self.entry
            .definitions
            .iter()
            .filter(move |definition| definition.kind == kind && self.may_use(definition))
    }

    /// Whether there is an approved definition of that kind.
    pub fn offers_any(self, kind: DefinitionKind) -> bool {
        self.definitions(kind).next().is_some()
    }

    /// An approved definition by its name.
    pub fn find(self, kind: DefinitionKind, name: &str) -> Option<&'a Definition> {
        let index = self.entry.by_name.get(&(kind, name.to_owned()))?;
        self.entry.definitions.get(*index).filter(|definition| self.may_use(definition))
    }

    /// Whether a resource was approved: by its own URI, or by a template that it matches. One that is
    /// withheld comes back by no template.
    pub fn offers_resource(self, uri: &str) -> bool {
        if self.entry.withheld.contains(&(DefinitionKind::Resource, uri.to_owned())) {
            return false;
        }
        self.find(DefinitionKind::Resource, uri).is_some()
            || self
                .definitions(DefinitionKind::ResourceTemplate)
                .any(|template| template_matches(&template.name, uri))
    }
}

/// Whether a URI can come from a template (RFC 6570): its literal parts stand in the URI in their
/// order, and each expression (`{…}`) stands for any text between them. Wider than the RFC, never
/// narrower: a server decides itself whether the resource exists.
fn template_matches(template: &str, uri: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        literals.push(literal);
        let Some((_, after)) = after.split_once('}') else { return false };
        rest = after;
    }
    let ending = rest;
    let Some((beginning, middle)) = literals.split_first() else { return template == uri };
    let Some(mut left) = uri.strip_prefix(beginning).and_then(|left| left.strip_suffix(ending))
    else {
        return false;
    };
    for literal in middle {
        let Some((_, after)) = left.split_once(literal) else { return false };
        left = after;
    }
    true
}

type OfTenant = HashTrieMapSync<String, Arc<ServerEntry>>;

/// The immutable snapshot of all routable servers.
///
/// The gateway serves only those that somebody with authority [vouches for](ListedBy::is_vouched):
/// [`visible_to`](Self::visible_to) and [`resolve`](Self::resolve) know no others. All are within
/// reach of the management API's proxy: [`reachable`](Self::reachable) and [`reach`](Self::reach).
#[derive(Debug, Clone, Default)]
pub struct RoutingTable {
    by_tenant: HashTrieMapSync<String, OfTenant>,
    by_id: RedBlackTreeMapSync<ServerId, Arc<ServerEntry>>,
    ordered: RedBlackTreeMapSync<(String, Alias), Arc<ServerEntry>>,
    collections: Collections,
    as_of: EventSeq,
}

fn tenant_key(tenant: Option<&TenantId>) -> &str {
    tenant.map_or("", TenantId::as_str)
}

impl RoutingTable {
    /// The table of all servers as of an event.
    pub fn of<'a>(servers: impl IntoIterator<Item = &'a Server>, as_of: EventSeq) -> Self {
        let empty = Self { as_of, ..Self::default() };
        servers
            .into_iter()
            .fold(empty, |table, server| table.with(Arc::new(ServerEntry::new(server))))
    }

    /// The table after an event that made or changed one server.
    #[must_use]
    pub fn with(&self, entry: Arc<ServerEntry>) -> Self {
        let mut next = self.without(entry.id);
        let tenant = tenant_key(entry.tenant.as_ref()).to_owned();
        let siblings = next.by_tenant.get(&tenant).cloned().unwrap_or_default();
        next.by_tenant.insert_mut(
            tenant.clone(),
            siblings.insert(entry.alias.as_str().to_owned(), Arc::clone(&entry)),
        );
        next.ordered.insert_mut((tenant, entry.alias.clone()), Arc::clone(&entry));
        next.by_id.insert_mut(entry.id, entry);
        next
    }

    /// The table after an event that removed one server.
    #[must_use]
    pub fn without(&self, id: ServerId) -> Self {
        let mut next = self.clone();
        let Some(gone) = self.by_id.get(&id) else { return next };
        let tenant = tenant_key(gone.tenant.as_ref());
        if let Some(siblings) = next.by_tenant.get(tenant) {
            let left = siblings.remove(gone.alias.as_str());
            next.by_tenant.insert_mut(tenant.to_owned(), left);
        }
        next.ordered.remove_mut(&(tenant.to_owned(), gone.alias.clone()));
        next.by_id.remove_mut(&id);
        next
    }

    /// The table after an event that made or changed one collection.
    #[must_use]
    pub fn with_collection(&self, collection: &Collection) -> Self {
        Self { collections: self.collections.with(collection), ..self.clone() }
    }

    /// The table after an event that removed one collection.
    #[must_use]
    pub fn without_collection(&self, id: CollectionId) -> Self {
        Self { collections: self.collections.without(id), ..self.clone() }
    }

    /// The collection that a caller means: their own tenant's first, then everybody's. A name with a
    /// tenant in it (`{tenant}~{slug}`) is for those who may see that tenant.
    pub fn collection(&self, caller: &Caller, text: &str) -> Option<&Arc<CollectionEntry>> {
        self.collections.find(caller, text)
    }

    /// All collections, in no order that means anything: for the product itself, not for a caller.
    pub fn all_collections(&self) -> impl Iterator<Item = &Arc<CollectionEntry>> {
        self.collections.all()
    }

    /// A collection by its id.
    pub fn collection_by_id(&self, id: CollectionId) -> Option<&Arc<CollectionEntry>> {
        self.collections.by_id(id)
    }

    /// One of the servers that the gateway shows a caller, to be called.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn visible(
        &self,
        caller: &Caller,
        id: ServerId,
    ) -> Result<Permit<Arc<ServerEntry>>, RouteRefusal> {
        let entry = self.by_id(id).filter(|entry| entry.listed_by.is_vouched());
        permit(caller, entry.ok_or(RouteRefusal::Unknown)?)
    }

    /// The same table, known to be true as of a later event.
    #[must_use]
    pub fn at(self, as_of: EventSeq) -> Self {
        Self { as_of, ..self }
    }

    /// The last event that the table knows of.
    pub const fn as_of(&self) -> EventSeq {
        self.as_of
    }

    /// A server by its id.
    pub fn by_id(&self, id: ServerId) -> Option<&Arc<ServerEntry>> {
        self.by_id.get(&id)
    }

    /// How many servers are routable.
    pub fn len(&self) -> usize {
        self.by_id.size()
    }

    /// Whether no server is routable.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// All servers, ordered by tenant and alias: for the product itself, not for a caller.
    pub fn all(&self) -> impl Iterator<Item = &Arc<ServerEntry>> {
        self.ordered.values()
    }

    /// The servers that the gateway shows a caller, ordered by tenant and alias.
    pub fn visible_to<'a>(
        &'a self,
        caller: &'a Caller,
    ) -> impl Iterator<Item = &'a Arc<ServerEntry>> {
        self.ordered
            .values()
            .filter(|entry| entry.listed_by.is_vouched() && caller.sees(entry.tenant.as_ref()))
    }

    /// The servers within reach of the management API's proxy, ordered by tenant and alias, whoever
    /// listed them: what a caller sees; without one, what is everybody's, and with `all_tenants`
    /// (where the API is open) all.
    pub fn reachable<'a>(
        &'a self,
        caller: Option<&'a Caller>,
        all_tenants: bool,
    ) -> impl Iterator<Item = &'a Arc<ServerEntry>> {
        self.ordered.values().filter(move |entry| is_within_reach(caller, all_tenants, entry))
    }

    /// One of the [reachable](Self::reachable) servers, to be called.
    ///
    /// # Errors
    /// [`RouteRefusal::Unknown`] when it is not within reach, [`RouteRefusal::InMaintenance`] when
    /// it is not in rotation.
    pub fn reach(
        &self,
        caller: Option<&Caller>,
        all_tenants: bool,
        id: ServerId,
    ) -> Result<Permit<Arc<ServerEntry>>, RouteRefusal> {
        let entry = self
            .by_id(id)
            .filter(|entry| is_within_reach(caller, all_tenants, entry))
            .ok_or(RouteRefusal::Unknown)?;
        in_rotation(entry)
    }

    /// The server that a caller means: their own tenant's first, then everybody's. A name with a
    /// tenant in it is for those who may see that tenant.
    ///
    /// # Errors
    /// [`RouteRefusal::Unknown`] when there is none that the caller may see (another tenant's
    /// server does not exist for them), [`RouteRefusal::InMaintenance`] when it is not in rotation.
    pub fn resolve(
        &self,
        caller: &Caller,
        server: ServerRef<'_>,
    ) -> Result<Permit<Arc<ServerEntry>>, RouteRefusal> {
        let found = match server.tenant {
            Some(tenant) => self.entry(tenant, server.alias),
            None => self
                .entry(tenant_key(caller.tenant.as_ref()), server.alias)
                .or_else(|| self.entry("", server.alias)),
        };
        let entry = found.ok_or(RouteRefusal::Unknown)?;
        permit(caller, entry)
    }

    /// A server that somebody vouches for. One that nobody does must not hide another.
    fn entry(&self, tenant: &str, alias: &str) -> Option<&Arc<ServerEntry>> {
        self.by_tenant.get(tenant)?.get(alias).filter(|entry| entry.listed_by.is_vouched())
    }
}

/// Why a call finds no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteRefusal {
    /// No such server, as far as the caller may know.
    Unknown,
    /// An operator took the server out of rotation.
    InMaintenance,
}

/// The one check that every door of the gateway asks before anything is sent to a server.
fn permit(
    caller: &Caller,
    entry: &Arc<ServerEntry>,
) -> Result<Permit<Arc<ServerEntry>>, RouteRefusal> {
    if !caller.sees(entry.tenant.as_ref()) {
        return Err(RouteRefusal::Unknown);
    }
    in_rotation(entry)
}

fn is_within_reach(caller: Option<&Caller>, all_tenants: bool, entry: &ServerEntry) -> bool {
    let tenant = entry.tenant.as_ref();
    caller.map_or(all_tenants || tenant.is_none(), |caller| caller.sees(tenant))
}

fn in_rotation(entry: &Arc<ServerEntry>) -> Result<Permit<Arc<ServerEntry>>, RouteRefusal> {
    if entry.in_maintenance {
        return Err(RouteRefusal::InMaintenance);
    }
    Ok(Permit::granted(Arc::clone(entry)))
}

#[cfg(test)]
mod tests;
