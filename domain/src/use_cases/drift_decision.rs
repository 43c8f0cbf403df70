//! What decisions on a difference share: what was read, and how it is written.

use crate::caller::{Action, Caller, authorize};
use crate::change::Change;
use crate::error::{Error, Subject};
use crate::id::ServerId;
use crate::manifest::Digest;
use crate::ports::RegistryPorts;
use crate::server::{NoDrift, Server};

use super::Seen;
use super::server_writing::unwritten;

/// What a decision is on.
#[derive(Debug, Clone, Copy, Default)]
pub struct DriftCommand {
    /// What the decider had read (`If-Match`).
    pub seen: Option<Seen>,
    /// The digest of the manifest that the decider had read.
    pub manifest_digest: Option<Digest>,
}

/// The server.
pub(super) async fn existing(ports: &RegistryPorts, id: ServerId) -> Result<Server, Error> {
    ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))
}

/// The server as it was read, if the caller may decide on it.
pub(super) async fn begin(
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

/// Writes a decision.
pub(super) async fn commit(
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
