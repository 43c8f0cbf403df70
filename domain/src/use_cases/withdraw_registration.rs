//! The submitter takes a registration back before anybody decided.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::RegistryPorts;

/// Removes it; its address is free again, the audit trail stays.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::IllegalTransition`] unless Pending,
/// [`Error::Stale`], [`Error::Unavailable`].
pub async fn withdraw_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<(), Error> {
    let view = super::existing(ports, id).await?;
    authorize(caller, Action::ChangeRegistration { submitter: view.registration.submitter })?;
    let removal = view.registration.withdraw(super::acting_user(caller)?, ports.stamp())?;
    let removed = ports.registrations.commit_removal(&removal, ports.clock.now()).await;
    removed.map_err(|error| super::unwritten(id, error))
}
