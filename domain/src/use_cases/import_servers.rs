//! Somebody lists the servers of a file, or tries what would become of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::caller::{Actor, ServerAction};
use crate::change::Change;
use crate::error::Error;
use crate::id::{Alias, ServerId, TenantId};
use crate::ports::{Atomicity, DiscoveryState, RegistryPorts};
use crate::server::{Server, ServerContent, ServerDraft};

use super::bulk::{self, BulkItem, Decided};
use super::register_servers::{Item, free_aliases};
use super::server_writing::{Listed, Reading, checked, listing, replacement, visible};

/// What becomes of a server whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// It is not listed, and that is a failure.
    #[default]
    Fail,
    /// It is not listed, and that is fine.
    Skip,
    /// Its content is written over the one that has the name.
    Update,
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportPlan {
    /// What becomes of a server whose name is taken.
    pub on_conflict: OnConflict,
    /// Whether everything is checked, and nothing written.
    pub dry_run: bool,
}

/// What became of one server of a file.
#[derive(Debug)]
pub enum ImportItem {
    /// It is listed.
    Listed(Box<Listed>),
    /// Its content was written over a server of its name.
    Replaced(Box<Listed>),
    /// It would be listed, if this were no trial.
    WouldList,
    /// Its content would be written over this server.
    WouldReplace(ServerId),
    /// This server has its name, and is left as it is.
    Skipped(ServerId),
    /// It is not listed, for this reason.
    Failed(Error),
}

/// What is to become of one server.
enum Plan {
    List(Box<Item>),
    Replace(Box<Change<Server>>, DiscoveryState),
    Skip(ServerId),
}

/// Lists them in one transaction, each for itself, and answers for each in their order. What they
/// offer is read afterwards.
///
/// # Errors
/// [`Error::Denied`], [`Error::Invalid`] for too many, [`Error::Unavailable`]; what is wrong with
/// one server is that server's answer.
pub async fn import_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    drafts: Vec<ServerDraft>,
    ImportPlan { on_conflict, dry_run }: ImportPlan,
) -> Result<Vec<ImportItem>, Error> {
    actor.authorize(&ports.policy, ServerAction::List { tenant: None })?;
    bulk::bounded(drafts.len())?;
    let items: Vec<Result<Item, Error>> =
        drafts.into_iter().map(|draft| checked(ports, actor, draft)).collect();
    let known = Known::of(ports, items.iter().flatten(), on_conflict).await?;
    let mut import = Import { ports, actor, on_conflict, known, named: HashSet::new() };
    let plans: Vec<Result<Plan, Error>> =
        items.into_iter().map(|item| import.plan(item?)).collect();
    if dry_run {
        return Ok(plans.into_iter().map(tried).collect());
    }
    let decided = decided(ports, actor, &plans).await?;
    let mut written = bulk::commit(ports, decided, Atomicity::PerItem).await?.into_iter();
    let become_of = |plan| match plan {
        Err(error) => ImportItem::Failed(error),
        Ok(Plan::Skip(id)) => ImportItem::Skipped(id),
        Ok(plan) => match (written.next(), plan) {
            (Some(BulkItem::Done(listed)), Plan::List(..)) => ImportItem::Listed(listed),
            (Some(BulkItem::Done(listed)), _) => ImportItem::Replaced(listed),
            (Some(BulkItem::Failed(error)), _) => ImportItem::Failed(error),
            // Each is for itself, so none is undone for another's sake: its place says no more
            // than that it changed meanwhile.
            (Some(BulkItem::Undone) | None, _) => {
                ImportItem::Failed(Error::Stale { what: "it was not written" })
            }
        },
    };
    Ok(plans.into_iter().map(become_of).collect())
}

/// What the plans come to, in their order; what is skipped comes to nothing.
async fn decided(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    plans: &[Result<Plan, Error>],
) -> Result<Vec<Decided>, Error> {
    let listed = plans.iter().flatten().filter_map(|plan| match plan {
        Plan::List(item) => Some(item.as_ref()),
        Plan::Replace(..) | Plan::Skip(_) => None,
    });
    let mut aliases = free_aliases(ports, listed).await?.into_iter();
    let decided = plans.iter().flatten().filter_map(|plan| match plan {
        Plan::List(item) => {
            let (content, tenant) = item.as_ref();
            let alias = aliases.next().unwrap_or_else(|| Alias::from_name(&content.name));
            let reading = Reading::without_asking(content);
            Some(Ok(listing(ports, actor, (content.clone(), tenant.clone()), alias, reading)))
        }
        Plan::Replace(change, state) => Some(Ok((change.as_ref().clone(), *state))),
        Plan::Skip(_) => None,
    });
    Ok(decided.collect())
}

fn tried(plan: Result<Plan, Error>) -> ImportItem {
    match plan {
        Ok(Plan::List(..)) => ImportItem::WouldList,
        Ok(Plan::Replace(change, _)) => ImportItem::WouldReplace(change.next.id),
        Ok(Plan::Skip(id)) => ImportItem::Skipped(id),
        Err(error) => ImportItem::Failed(error),
    }
}

/// What the store has that a file's servers may conflict with: asked for all of a tenant at once.
#[derive(Default)]
struct Known {
    /// Who has their names.
    holders: HashMap<(Option<TenantId>, String), ServerId>,
    /// Which of the aliases that they wish are taken.
    taken: HashSet<(Option<TenantId>, Alias)>,
    /// Those that have their names, where their contents are to be written over.
    servers: HashMap<ServerId, Server>,
}

impl Known {
    async fn of(
        ports: &RegistryPorts,
        items: impl Iterator<Item = &Item>,
        on_conflict: OnConflict,
    ) -> Result<Self, Error> {
        let mut of_tenants: BTreeMap<Option<&TenantId>, Vec<&ServerContent>> = BTreeMap::new();
        for (content, tenant) in items {
            of_tenants.entry(tenant.as_ref()).or_default().push(content);
        }
        let mut known = Self::default();
        for (tenant, contents) in of_tenants {
            let names: Vec<String> = contents.iter().map(|content| content.name.clone()).collect();
            let holders = ports.servers.holders_of_names(tenant, &names).await?;
            known
                .holders
                .extend(holders.into_iter().map(|(name, id)| ((tenant.cloned(), name), id)));
            let wished: Vec<Alias> =
                contents.iter().filter_map(|content| content.alias.clone()).collect();
            if !wished.is_empty() {
                let now = ports.clock.now();
                let taken = ports.servers.taken_aliases(tenant, &wished, now).await?;
                known.taken.extend(taken.into_iter().map(|alias| (tenant.cloned(), alias)));
            }
        }
        if on_conflict == OnConflict::Update && !known.holders.is_empty() {
            let ids: Vec<ServerId> = known.holders.values().copied().collect();
            let servers = ports.servers.find_each(&ids).await?;
            known.servers = servers.into_iter().map(|server| (server.id, server)).collect();
        }
        Ok(known)
    }
}

/// What is known of a file so far.
struct Import<'a> {
    ports: &'a RegistryPorts,
    actor: Actor<'a>,
    on_conflict: OnConflict,
    known: Known,
    /// The names of the servers before this one.
    named: HashSet<(Option<TenantId>, String)>,
}

impl Import<'_> {
    fn plan(&mut self, (content, tenant): Item) -> Result<Plan, Error> {
        // Two of one name in a file contradict each other, whatever is to become of older ones.
        let name = (tenant.clone(), content.name.clone());
        if !self.named.insert(name.clone()) {
            return Err(Error::NameTaken { what: "name", wanted: content.name, holder: None });
        }
        if let Some(id) = self.known.holders.get(&name).copied() {
            return self.conflicting(id, content);
        }
        // A wished alias that is taken is told before anything is written.
        if let Some(alias) = &content.alias
            && self.known.taken.contains(&(tenant.clone(), alias.clone()))
        {
            let wanted = alias.to_string();
            return Err(Error::NameTaken { what: "alias", wanted, holder: None });
        }
        Ok(Plan::List(Box::new((content, tenant))))
    }

    fn conflicting(&mut self, id: ServerId, content: ServerContent) -> Result<Plan, Error> {
        let taken = |wanted| Error::NameTaken { what: "name", wanted, holder: Some(id) };
        match self.on_conflict {
            OnConflict::Fail => Err(taken(content.name)),
            OnConflict::Skip => Ok(Plan::Skip(id)),
            OnConflict::Update => {
                let Some(server) = self.known.servers.remove(&id) else {
                    return Err(Error::Stale { what: "the server of this name was just removed" });
                };
                let server = visible(self.ports, self.actor, server, None)?;
                let reading = Reading::without_asking(&content);
                let (change, state) =
                    replacement(self.ports, self.actor, &server, content, reading)?;
                Ok(Plan::Replace(Box::new(change), state))
            }
        }
    }
}
