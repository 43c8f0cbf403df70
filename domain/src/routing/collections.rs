//! Collections in the routing table: which there are, and what of a server one of them has.

use std::collections::HashMap;
use std::sync::Arc;

use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use super::{Offered, ServerEntry, tenant_key};
use crate::caller::Caller;
use crate::collection::{Collection, Member, ToolChoice};
use crate::federation::ServerRef;
use crate::id::{CollectionId, Revision, ServerId, TenantId};
use crate::manifest::{Definition, DefinitionKind};

/// One collection: what a call needs to know of it.
#[derive(Debug)]
pub struct CollectionEntry {
    /// Its id.
    pub id: CollectionId,
    /// Its name in its address.
    pub slug: String,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Its name, for people.
    pub name: String,
    /// What the model behind a client is told.
    pub instructions: Option<String>,
    /// Which version of it this is.
    pub revision: Revision,
    members: Vec<Member>,
    by_server: HashMap<ServerId, usize>,
    /// The tools that have names of their own here.
    renamed: HashMap<String, (ServerId, String)>,
}

impl CollectionEntry {
    /// The entry of a collection.
    pub fn new(collection: &Collection) -> Self {
        let content = &collection.content;
        let by_server =
            content.members.iter().enumerate().map(|(at, member)| (member.server, at)).collect();
        let renamed = content
            .members
            .iter()
            .flat_map(|member| {
                let choices = member.tools.iter().flatten();
                choices.filter_map(|choice| {
                    Some((choice.name.clone()?, (member.server, choice.tool.clone())))
                })
            })
            .collect();
        Self {
            id: collection.id,
            slug: content.slug.to_string(),
            tenant: collection.tenant.clone(),
            name: content.name.clone(),
            instructions: content.instructions.clone(),
            revision: collection.revision,
            members: content.members.clone(),
            by_server,
            renamed,
        }
    }

    /// Its servers, in its order.
    pub fn servers(&self) -> impl Iterator<Item = ServerId> {
        self.members.iter().map(|member| member.server)
    }

    /// Whether a server belongs to it.
    pub fn has(&self, server: ServerId) -> bool {
        self.by_server.contains_key(&server)
    }

    /// The tool that has this name here and nowhere else.
    pub fn renamed(&self, name: &str) -> Option<(ServerId, &str)> {
        self.renamed.get(name).map(|(server, tool)| (*server, tool.as_str()))
    }

    /// What the collection has of what a server offers somebody; `None` where the server is not in it.
    pub fn select<'a>(
        &'a self,
        server: &'a ServerEntry,
        caller: &'a Caller,
    ) -> Option<Selection<'a>> {
        let member = self.members.get(*self.by_server.get(&server.id)?)?;
        Some(Selection { member, offered: server.offered_to(Some(caller)) })
    }
}

/// What a collection has of a server, for one caller: never more than the server offers them.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    member: &'a Member,
    offered: Offered<'a>,
}

impl<'a> Selection<'a> {
    /// What the collection says of a tool, where it says something.
    pub fn choice(self, tool: &str) -> Option<&'a ToolChoice> {
        self.member.tools.iter().flatten().find(|choice| choice.tool == tool)
    }

    fn has(self, kind: DefinitionKind, name: &str) -> bool {
        match kind {
            DefinitionKind::Tool => self.member.tools.is_none() || self.choice(name).is_some(),
            DefinitionKind::Prompt => self.member.prompts,
            DefinitionKind::Resource | DefinitionKind::ResourceTemplate => self.member.resources,
        }
    }

    /// The definitions of a kind, in the server's order.
    pub fn definitions(self, kind: DefinitionKind) -> impl Iterator<Item = &'a Definition> {
        let all = self.offered.definitions(kind);
        all.filter(move |definition| self.has(kind, &definition.name))
    }

    /// Whether there is any definition of that kind.
    pub fn offers_any(self, kind: DefinitionKind) -> bool {
        self.definitions(kind).next().is_some()
    }

    /// A definition by its name at the server.
    pub fn find(self, kind: DefinitionKind, name: &str) -> Option<&'a Definition> {
        self.offered.find(kind, name).filter(|_| self.has(kind, name))
    }

    /// Whether a resource is in it, as [`Offered::offers_resource`] says it.
    pub fn offers_resource(self, uri: &str) -> bool {
        self.member.resources && self.offered.offers_resource(uri)
    }
}

type OfTenant = HashTrieMapSync<String, Arc<CollectionEntry>>;

/// All collections.
#[derive(Debug, Clone, Default)]
pub(super) struct Collections {
    by_id: RedBlackTreeMapSync<CollectionId, Arc<CollectionEntry>>,
    by_tenant: HashTrieMapSync<String, OfTenant>,
}

impl Collections {
    pub(super) fn with(&self, collection: &Collection) -> Self {
        let mut next = self.without(collection.id);
        let entry = Arc::new(CollectionEntry::new(collection));
        let tenant = tenant_key(entry.tenant.as_ref()).to_owned();
        let siblings = next.by_tenant.get(&tenant).cloned().unwrap_or_default();
        next.by_tenant.insert_mut(tenant, siblings.insert(entry.slug.clone(), Arc::clone(&entry)));
        next.by_id.insert_mut(entry.id, entry);
        next
    }

    pub(super) fn without(&self, id: CollectionId) -> Self {
        let mut next = self.clone();
        let Some(gone) = self.by_id.get(&id) else { return next };
        let tenant = tenant_key(gone.tenant.as_ref());
        // Another may have its slug by now, if events of the two came in one go.
        if let Some(siblings) = next.by_tenant.get(tenant)
            && siblings.get(&gone.slug).is_some_and(|entry| entry.id == id)
        {
            let left = siblings.remove(&gone.slug);
            next.by_tenant.insert_mut(tenant.to_owned(), left);
        }
        next.by_id.remove_mut(&id);
        next
    }

    pub(super) fn by_id(&self, id: CollectionId) -> Option<&Arc<CollectionEntry>> {
        self.by_id.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<CollectionEntry>> {
        self.by_id.values()
    }

    pub(super) fn find(&self, caller: &Caller, text: &str) -> Option<&Arc<CollectionEntry>> {
        // Addresses name collections as they name servers.
        let ServerRef { tenant, alias: slug } = ServerRef::split(text);
        let found = match tenant {
            Some(tenant) => self.entry(tenant, slug),
            None => self
                .entry(tenant_key(caller.tenant.as_ref()), slug)
                .or_else(|| self.entry("", slug)),
        };
        found.filter(|entry| caller.sees(entry.tenant.as_ref()))
    }

    fn entry(&self, tenant: &str, slug: &str) -> Option<&Arc<CollectionEntry>> {
        self.by_tenant.get(tenant)?.get(slug)
    }
}
