//! A server is taken off the list; a registration behind it stays Approved.

use crate::caller::{Actor, ServerAction};
use crate::error::{Error, Subject};
use crate::id::{Revision, ServerId};
use crate::ports::{PortError, RegistryPorts};

use super::server_writing::{MOST_DECISIONS, unwritten, visible};

/// Removes it; whoever names no revision wants it gone whatever it says.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Stale`], [`Error::Unavailable`].
pub async fn delete_server(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    id: ServerId,
    expected: Option<Revision>,
) -> Result<(), Error> {
    actor.may_write(&ports.policy)?;
    let mut decisions = 0;
    loop {
        let found = ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))?;
        let server = visible(ports, actor, found, expected)?;
        actor.authorize(&ports.policy, ServerAction::Remove(&server))?;
        let removal = server.remove(actor.user(), ports.stamp());
        let now = ports.clock.now();
        let free_at = now.checked_add(ports.policy.alias_quarantine).unwrap_or(now);
        decisions += 1;
        match ports.servers.commit_removal(&removal, free_at).await {
            Err(PortError::Conflict { current: Some(_) })
                if expected.is_none() && decisions < MOST_DECISIONS => {}
            outcome => return outcome.map_err(|error| unwritten(&server, error)),
        }
    }
}
