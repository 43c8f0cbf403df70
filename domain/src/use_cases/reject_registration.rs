//! An administrator rejects a registration.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};

use super::DecisionCommand;

/// Rejects, with a reason if one was given.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::IllegalTransition`] unless
/// Pending, [`Error::Stale`], [`Error::Unavailable`].
pub async fn reject_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    command: &DecisionCommand,
) -> Result<RegistrationView, Error> {
    let deciding = command.begin(ports, caller, id).await?;
    let stamp = ports.stamp();
    let decision = deciding.at(stamp.at);
    let change = deciding.view.registration.reject(decision, stamp)?;
    let written = ports.registrations.commit(&change).await;
    written.map_err(|error| super::unwritten(id, error))?;
    super::existing(ports, id).await
}
