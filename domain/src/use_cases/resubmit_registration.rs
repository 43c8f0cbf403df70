//! The submitter puts a rejected registration up for decision again.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};

use super::Seen;

/// Makes it Pending again; its manifest is discovered anew.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::IllegalTransition`] unless Rejected,
/// [`Error::Stale`], [`Error::Unavailable`].
pub async fn resubmit_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    seen: Option<Seen>,
) -> Result<RegistrationView, Error> {
    let view = super::visible(ports, caller, id).await?;
    authorize(caller, Action::ChangeRegistration { submitter: view.registration.submitter })?;
    Seen::require(seen, &view)?;
    let change = view.registration.resubmit(super::acting_user(caller)?, ports.stamp())?;
    let written = ports.registrations.commit(&change).await;
    written.map_err(|error| super::unwritten(id, error))?;
    super::existing(ports, id).await
}
