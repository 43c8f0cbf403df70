//! Somebody lists many servers at once.

use std::collections::HashMap;

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
/// [`Error::Denied`] for who may list none, [`Error::Invalid`] for too many, [`Error::Unavailable`]; what is wrong with one server is that
/// server's answer.
pub async fn register_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    drafts: Vec<ServerDraft>,
    atomicity: Atomicity,
) -> Result<Vec<BulkItem>, Error> {
    actor.authorize(&ports.policy, ServerAction::List { tenant: None })?;
    bulk::bounded(drafts.len())?;
    let mut aliases = Aliases::default();
    let mut decided: Vec<Decided> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        decided.push(match checked(ports, actor, draft) {
            Err(error) => Err(error),
            Ok((content, tenant)) => {
                let alias = aliases.free(ports, &content, tenant.as_ref()).await?;
                let reading = Reading::without_asking(&content);
                Ok(listing(ports, actor, (content, tenant), alias, reading))
            }
        });
    }
    bulk::commit(ports, decided, atomicity).await
}

/// The aliases given out in one write.
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
