//! Somebody lists many servers at once.

use std::collections::{BTreeMap, HashSet};

use crate::caller::{Actor, ServerAction};
use crate::error::Error;
use crate::id::{Alias, TenantId};
use crate::ports::{Atomicity, RegistryPorts};
use crate::server::{ServerContent, ServerDraft};

use super::bulk::{self, BulkItem, Decided};
use super::server_writing::{MOST_ALIASES, Reading, checked, listing, nth_alias};

/// Lists them in one transaction, and answers for each in their order. What they offer is read
/// afterwards.
///
/// # Errors
/// [`Error::Denied`] for who may list none, [`Error::Invalid`] for too many,
/// [`Error::Unavailable`]; what is wrong with one server is that server's answer.
pub async fn register_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    drafts: Vec<ServerDraft>,
    atomicity: Atomicity,
) -> Result<Vec<BulkItem>, Error> {
    actor.authorize(&ports.policy, ServerAction::List { tenant: None })?;
    bulk::bounded(drafts.len())?;
    let items: Vec<Result<Item, Error>> =
        drafts.into_iter().map(|draft| checked(ports, actor, draft)).collect();
    let mut aliases = free_aliases(ports, items.iter().flatten()).await?.into_iter();
    let decided = items
        .into_iter()
        .map(|item| -> Decided {
            let (content, tenant) = item?;
            let alias = aliases.next().unwrap_or_else(|| Alias::from_name(&content.name));
            let reading = Reading::without_asking(&content);
            Ok(listing(ports, actor, (content, tenant), alias, reading))
        })
        .collect();
    bulk::commit(ports, decided, atomicity).await
}

/// A server to be listed, and whose it will be.
pub(super) type Item = (ServerContent, Option<TenantId>);

/// An alias for each server: the one asked for, or the first made from the name that nobody of the
/// tenant has, nor another of these servers. All of a tenant are asked for at once.
pub(super) async fn free_aliases(
    ports: &RegistryPorts,
    items: impl Iterator<Item = &Item>,
) -> Result<Vec<Alias>, Error> {
    let mut of_tenants: BTreeMap<Option<&TenantId>, Vec<(usize, &ServerContent)>> = BTreeMap::new();
    for (position, (content, tenant)) in items.enumerate() {
        of_tenants.entry(tenant.as_ref()).or_default().push((position, content));
    }
    let mut found = BTreeMap::new();
    for (tenant, contents) in of_tenants {
        let mut given: HashSet<Alias> =
            contents.iter().filter_map(|(_, content)| content.alias.clone()).collect();
        let mut open = Vec::new();
        for (position, content) in contents {
            match &content.alias {
                Some(alias) => drop(found.insert(position, alias.clone())),
                None => open.push((position, content.name.as_str(), 1)),
            }
        }
        while !open.is_empty() {
            let mut tried = Vec::with_capacity(open.len());
            for (position, name, mut number) in open.drain(..) {
                let mut alias = nth_alias(name, number);
                while given.contains(&alias) && number < MOST_ALIASES {
                    number += 1;
                    alias = nth_alias(name, number);
                }
                given.insert(alias.clone());
                tried.push((position, name, number, alias));
            }
            let asked: Vec<Alias> = tried.iter().map(|(.., alias)| alias.clone()).collect();
            let taken = ports.servers.taken_aliases(tenant, &asked, ports.clock.now()).await?;
            for (position, name, number, alias) in tried {
                if taken.contains(&alias) && number < MOST_ALIASES {
                    open.push((position, name, number + 1));
                } else {
                    found.insert(position, alias);
                }
            }
        }
    }
    Ok(found.into_values().collect())
}
