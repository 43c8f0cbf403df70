//! Aliases for many servers of one write.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::Error;
use crate::id::{Alias, TenantId};
use crate::ports::RegistryPorts;
use crate::server::ServerContent;

use super::server_writing::{MOST_ALIASES, nth_alias};

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

/// The aliases given out in one write, where one is decided after the other.
#[derive(Default)]
pub(super) struct Aliases {
    given: HashMap<(Option<TenantId>, Alias), ()>,
}

impl Aliases {
    /// An alias that nobody has: the one asked for, or the first free one made from the name.
    pub(super) async fn free(
        &mut self,
        ports: &RegistryPorts,
        content: &ServerContent,
        tenant: Option<&TenantId>,
    ) -> Result<Alias, Error> {
        let mut alias = content.alias.clone().unwrap_or_else(|| Alias::from_name(&content.name));
        let mut number = 1;
        while content.alias.is_none() && number < MOST_ALIASES {
            let given = self.given.contains_key(&(tenant.cloned(), alias.clone()));
            let now = ports.clock.now();
            if !given && !ports.servers.taken(tenant, &content.name, &alias, now).await?.alias {
                break;
            }
            number += 1;
            alias = nth_alias(&content.name, number);
        }
        self.given.insert((tenant.cloned(), alias.clone()), ());
        Ok(alias)
    }
}
