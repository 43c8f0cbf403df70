//! An approved registration whose server was taken off the list gets one again.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{PortError, RegistrationView, RegistryPorts};
use crate::registration::{IllegalTransition, RegistrationStatus};

use super::approve_registration::{Listing, MOST_TRIES};

/// Lists it again as it was approved, as far as the candidate of the approval is still there; else
/// the first manifest seen is pinned, unreviewed. One that is listed stays as it is.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::IllegalTransition`] unless Approved,
/// [`Error::NameTaken`], [`Error::Unavailable`].
pub async fn relist_server(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<RegistrationView, Error> {
    authorize(caller, Action::RelistServer)?;
    let administrator = super::acting_user(caller)?;
    let mut from = 1;
    loop {
        let view = super::existing(ports, id).await?;
        if view.server.is_some() {
            return Ok(view);
        }
        let status = view.registration.status();
        if status != RegistrationStatus::Approved {
            return Err(IllegalTransition { from: status, wanted: "list again" }.into());
        }
        let listing = Listing::begin(ports, &view, None).await?;
        let (number, name, alias) = listing.free_names(ports, from).await?;
        let change = listing.change(name, alias, administrator, ports.stamp());
        match ports.servers.commit(&change).await {
            Ok(()) => return super::existing(ports, id).await,
            // Whoever was faster took the name, or listed it again.
            Err(PortError::AlreadyExists { .. }) if number < MOST_TRIES => from = number + 1,
            Err(error) => return Err(super::unwritten(id, error)),
        }
    }
}
