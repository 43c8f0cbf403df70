//! Servers by what they offer.

use crate::caller::{Actor, ServerAction};
use crate::error::Error;
use crate::ports::{OfferKind, OfferQuery, RegistryPorts, ServerView};

use super::withheld::withhold;

/// Finds the servers that have the tools asked for, each with these tools.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Denied`], [`Error::Unavailable`].
pub async fn discover_tools(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    query: OfferQuery,
) -> Result<Vec<ServerView>, Error> {
    offering(ports, actor, OfferQuery { kind: OfferKind::Tools, ..query }).await
}

/// Finds the servers that have the resources asked for, each with these resources.
///
/// # Errors
/// [`Error::Invalid`], [`Error::Denied`], [`Error::Unavailable`].
pub async fn discover_resources(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    query: OfferQuery,
) -> Result<Vec<ServerView>, Error> {
    offering(ports, actor, OfferQuery { kind: OfferKind::Resources, ..query }).await
}

async fn offering(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    query: OfferQuery,
) -> Result<Vec<ServerView>, Error> {
    let tenant = actor.authorize(&ports.policy, ServerAction::Read(&query.tenant))?;
    query.check().map_err(|violation| Error::Invalid(vec![violation]))?;
    let query = OfferQuery { tenant, ..query };
    let mut found = ports.servers.find_offering(&query).await?;
    withhold(ports, &mut found).await?;
    // A server that has what is looked for, but not for this actor, is not found.
    let shown = found.into_iter().map(|view| view.shown_to(actor));
    Ok(shown.filter(|view| query.is_met_by(&view.definitions)).collect())
}
