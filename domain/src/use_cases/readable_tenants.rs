//! Whose servers somebody may read of those that they ask for.

use crate::caller::{Actor, ServerAction, TenantScope};
use crate::error::Error;
use crate::ports::RegistryPorts;

/// Narrows the tenants that are asked for down to those whose servers the actor may see: for what
/// is known of servers without asking the store.
///
/// # Errors
/// [`Error::Denied`].
pub fn readable_tenants(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    asked: &TenantScope,
) -> Result<TenantScope, Error> {
    Ok(actor.authorize(&ports.policy, ServerAction::Read(asked))?)
}
