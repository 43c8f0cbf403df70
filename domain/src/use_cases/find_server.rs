//! One server, as its readers see it.

use crate::caller::{Actor, ServerAction, TenantScope};
use crate::error::{Error, Subject};
use crate::id::ServerId;
use crate::ports::{Include, RegistryPorts, ServerView};

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
    ports
        .servers
        .find_view(id, include)
        .await?
        .filter(|view| scope.includes(view.tenant.as_ref()))
        .map(|view| view.shown_to(actor))
        .ok_or(Error::NotFound(Subject::Server(id)))
}
