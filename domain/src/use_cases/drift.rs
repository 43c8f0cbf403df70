//! An administrator sees what a server offers instead of what was approved, and decides on it.

use crate::caller::{Action, Caller, authorize};
use crate::change::Change;
use crate::error::{Error, Subject};
use crate::field::Violation;
use crate::id::ServerId;
use crate::manifest::Digest;
use crate::ports::RegistryPorts;
use crate::server::{NoDrift, Server};

use super::server_writing::unwritten;
use super::{Seen, acting_user};

/// What a decision is on.
#[derive(Debug, Clone, Copy, Default)]
pub struct DriftCommand {
    /// What the decider had read (`If-Match`).
    pub seen: Option<Seen>,
    /// The digest of the manifest that the decider had read.
    pub manifest_digest: Option<Digest>,
}

/// Finds a server with what it offers instead of what was approved, if it does.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_drift(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
) -> Result<Server, Error> {
    authorize(caller, Action::ReviewDrift)?;
    existing(ports, id).await
}

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

/// Leaves the server as it is: what differs stays withheld, and nobody is told of it again.
///
/// # Errors
/// As [`accept_drift`]; what was read need not be said.
pub async fn refuse_drift(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    command: DriftCommand,
) -> Result<Server, Error> {
    let server = begin(ports, caller, id, command).await?;
    commit(ports, server.refuse_drift(acting_user(caller)?, ports.stamp())).await
}

async fn existing(ports: &RegistryPorts, id: ServerId) -> Result<Server, Error> {
    ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))
}

async fn begin(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    command: DriftCommand,
) -> Result<Server, Error> {
    authorize(caller, Action::ReviewDrift)?;
    let server = existing(ports, id).await?;
    let offered = server.drift.as_ref().map(|drift| drift.seen.digest());
    if command.seen.is_some_and(|seen| seen != Seen::of_drift(&server)) {
        return Err(Error::Stale { what: "the server changed since it was read" });
    }
    if command.manifest_digest.is_some_and(|digest| Some(digest) != offered) {
        return Err(Error::Stale { what: "what the server offers changed since it was read" });
    }
    Ok(server)
}

async fn commit(
    ports: &RegistryPorts,
    change: Result<Change<Server>, NoDrift>,
) -> Result<Server, Error> {
    let change =
        change.map_err(|NoDrift| Error::Stale { what: "the server offers what is pinned" })?;
    match ports.servers.commit(&change).await {
        Ok(()) => Ok(change.next),
        Err(error) => Err(unwritten(&change.next, error)),
    }
}
