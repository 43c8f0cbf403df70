//! The submitter of a registration, or an administrator, takes a link from it.

use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::id::{LinkId, RegistrationId};
use crate::ports::{PortError, RegistryPorts};

/// Deletes a link; the audit trail keeps what it was.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
pub async fn delete_link(
    ports: &RegistryPorts,
    caller: &Caller,
    (registration, id): (RegistrationId, LinkId),
) -> Result<(), Error> {
    let registration = super::visible(ports, caller, registration).await?.registration;
    authorize(caller, Action::ChangeRegistration { submitter: registration.submitter })?;
    let actor = super::acting_user(caller)?;
    let gone = || Error::NotFound(Subject::Link(id));
    let link = ports.links.find(registration.id, id).await?.ok_or_else(gone)?;
    let removal = link.remove(&registration, actor, ports.stamp());
    match ports.links.remove(&removal).await {
        Err(PortError::NotFound) => Err(gone()),
        outcome => Ok(outcome?),
    }
}
