//! How many servers there are, by status and by transport.

use crate::caller::{Actor, ServerAction, TenantScope};
use crate::error::Error;
use crate::ports::{RegistryPorts, ServerCounts};

/// Counts the servers of the tenants that are asked for, as far as the actor may see them.
///
/// # Errors
/// [`Error::Denied`], [`Error::Unavailable`].
pub async fn count_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    asked: &TenantScope,
) -> Result<ServerCounts, Error> {
    let scope = actor.authorize(&ports.policy, ServerAction::Count(asked))?;
    Ok(ports.servers.count(&scope).await?)
}
