//! An administrator rejects a registration.

use crate::caller::{Action, Caller, Denied, authorize};
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
    let view = decidable(ports, caller, id).await?;
    let decision = command.check()?;
    command.require_seen(&view)?;
    authorize(
        caller,
        Action::DecideRegistration {
            submitter: view.registration.submitter,
            four_eyes: ports.policy.four_eyes,
        },
    )?;
    let approver = super::acting_user(caller)?;
    let stamp = ports.stamp();
    let change = view.registration.reject(decision.by(approver, stamp.at), stamp)?;
    ports.registrations.commit(&change).await?;
    super::existing(ports, id).await
}

/// Reads what is to be decided on, for an administrator only: nobody else learns from the answer
/// whether it exists.
pub(super) async fn decidable(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<RegistrationView, Error> {
    if !caller.is_admin {
        return Err(Error::Denied(Denied::NotAdmin));
    }
    super::existing(ports, id).await
}
