//! An administrator sees what a server offers instead of what was approved.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::ServerId;
use crate::ports::RegistryPorts;
use crate::server::Server;

use super::drift_decision::existing;

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
