//! The submitter takes a registration, or what was proposed for it, back before anybody decided.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::Withdrawal;

use super::Seen;
use super::change_content::write_content;

/// Removes it; its address is free again, the audit trail stays. Where an approved revision stands
/// behind it, that is the registration again, and is answered.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::IllegalTransition`] unless Pending (or a
/// refused proposal), [`Error::UrlTaken`] when somebody registered the approved address meanwhile,
/// [`Error::Stale`], [`Error::Unavailable`].
pub async fn withdraw_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    seen: Option<Seen>,
) -> Result<Option<RegistrationView>, Error> {
    let view = super::visible(ports, caller, id).await?;
    authorize(caller, Action::ChangeRegistration { submitter: view.registration.submitter })?;
    Seen::require(seen, &view)?;
    let change = match view.registration.withdraw(super::acting_user(caller)?, ports.stamp())? {
        Withdrawal::Removed(removal) => {
            let removed = ports.registrations.commit_removal(&removal, ports.clock.now()).await;
            return removed.map(|()| None).map_err(|error| super::unwritten(id, error));
        }
        Withdrawal::Restored(change) => change,
    };
    write_content(ports, caller, &change).await.map(Some)
}
