//! An administrator leaves a server as it was approved.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::ServerId;
use crate::ports::RegistryPorts;
use crate::server::Server;

use super::acting_user;
use super::drift_decision::{DriftCommand, begin, commit};

/// Leaves the server as it is: what differs stays withheld, and nobody is told of it again.
///
/// # Errors
/// As of accepting it; what was read need not be said.
pub async fn refuse_drift(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    command: DriftCommand,
) -> Result<Server, Error> {
    let server = begin(ports, caller, id, command).await?;
    commit(ports, server.refuse_drift(acting_user(caller)?, ports.stamp())).await
}
