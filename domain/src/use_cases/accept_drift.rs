//! An administrator approves what a server offers now.

use crate::caller::Caller;
use crate::error::Error;
use crate::field::Violation;
use crate::id::ServerId;
use crate::ports::RegistryPorts;
use crate::server::Server;

use super::acting_user;
use super::drift_decision::{DriftCommand, begin, commit};

/// Pins what the server offers now. The decider says what they read: nobody accepts what they have
/// not seen.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`] where nothing is said of what was
/// read, [`Error::Stale`] when that changed or there is no difference, [`Error::Unavailable`].
pub async fn accept_drift(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    command: DriftCommand,
) -> Result<Server, Error> {
    let server = begin(ports, caller, id, command).await?;
    if command.seen.is_none() && command.manifest_digest.is_none() {
        let message = "is required without If-Match: what is accepted is what was read";
        return Err(Error::Invalid(vec![Violation::at("manifest_digest", "missing", message)]));
    }
    commit(ports, server.accept_drift(acting_user(caller)?, ports.stamp())).await
}
