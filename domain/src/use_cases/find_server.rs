//! One server, as its readers see it.

use crate::caller::{Actor, ServerAction, TenantScope};
use crate::error::{Error, Subject};
use crate::id::ServerId;
use crate::ports::{Include, RegistryPorts, ServerView};

use super::withheld::withhold;

/// Finds a server among those of the tenants that are asked for, with its definitions of the kinds
/// that are.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_server(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    id: ServerId,
    asked: &TenantScope,
    include: Include,
) -> Result<ServerView, Error> {
    let scope = actor.authorize(&ports.policy, ServerAction::Read(asked))?;
    let mut view = ports
        .servers
        .find_view(id, include)
        .await?
        .filter(|view| scope.includes(view.tenant.as_ref()))
        .ok_or(Error::NotFound(Subject::Server(id)))?;
    withhold(ports, std::slice::from_mut(&mut view)).await?;
    Ok(view.shown_to(actor))
}
