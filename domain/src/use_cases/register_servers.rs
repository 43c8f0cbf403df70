//! Somebody lists many servers at once.

use crate::caller::{Actor, ServerAction};
use crate::error::Error;
use crate::id::Alias;
use crate::ports::{Atomicity, RegistryPorts};
use crate::server::ServerDraft;

use super::aliases::{Item, free_aliases};
use super::bulk::{self, BulkItem, Decided};
use super::server_writing::{Reading, checked, listing};

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
