//! A page of servers.

use crate::caller::{Actor, ServerAction};
use crate::error::Error;
use crate::ports::{Page, RegistryPorts, ServerQuery, ServerView};

use super::withheld::withhold;

/// Lists servers, of the tenants that are asked for as far as the actor may see them.
///
/// # Errors
/// [`Error::Denied`], [`Error::Unavailable`].
pub async fn list_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    query: &ServerQuery,
) -> Result<Page<ServerView>, Error> {
    let tenant = actor.authorize(&ports.policy, ServerAction::Read(&query.tenant))?;
    let mut page = ports.servers.list(&ServerQuery { tenant, ..query.clone() }).await?;
    withhold(ports, &mut page.items).await?;
    let items = page.items.into_iter().map(|view| view.shown_to(actor)).collect();
    Ok(Page { items, ..page })
}
