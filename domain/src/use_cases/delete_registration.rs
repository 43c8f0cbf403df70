//! An administrator deletes a registration: its server goes with it.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{PortError, RegistryPorts};

use super::Seen;

/// How often a deletion is tried again when somebody changes the registration meanwhile: the
/// administrator wants it gone whatever it says.
const MOST_TRIES: u32 = 3;

/// Deletes it in whatever state it is.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Stale`], [`Error::Unavailable`].
pub async fn delete_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    seen: Option<Seen>,
) -> Result<(), Error> {
    authorize(caller, Action::DeleteRegistration)?;
    let administrator = super::acting_user(caller)?;
    let mut tries = 0;
    loop {
        let view = super::existing(ports, id).await?;
        Seen::require(seen, &view)?;
        let removal = view.registration.delete(administrator, ports.stamp());
        let now = ports.clock.now();
        let free_at = now.checked_add(ports.policy.alias_quarantine).unwrap_or(now);
        tries += 1;
        match ports.registrations.commit_removal(&removal, free_at).await {
            Err(PortError::Conflict { .. }) if tries < MOST_TRIES => {}
            outcome => return outcome.map_err(|error| super::unwritten(id, error)),
        }
    }
}
