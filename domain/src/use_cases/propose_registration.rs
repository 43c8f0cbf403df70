//! The submitter proposes other content for an approved registration: what was approved stays
//! served until somebody approves the new one.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{PortError, RegistrationView, RegistryPorts};
use crate::registration::RegistrationDraft;

use super::Seen;
use super::submit_registration::{checked, keeps_alias, url_taken};

/// Makes it Pending with the new content, whose manifest is discovered; the server stays as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::UrlTaken`],
/// [`Error::IllegalTransition`] unless Approved, [`Error::Stale`], [`Error::Unavailable`].
pub async fn propose_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: RegistrationDraft,
    seen: Option<Seen>,
) -> Result<RegistrationView, Error> {
    let view = super::existing(ports, id).await?;
    authorize(caller, Action::ChangeRegistration { submitter: view.registration.submitter })?;
    let content = checked(ports, draft)?;
    keeps_alias(&view, &content)?;
    Seen::require(seen, &view)?;
    let proposer = super::acting_user(caller)?;
    let change = view.registration.propose(content, proposer, ports.stamp())?;
    match ports.registrations.commit(&change).await {
        Ok(()) => super::existing(ports, id).await,
        Err(error @ PortError::AlreadyExists { .. }) => Err(url_taken(ports, error).await),
        Err(error) => Err(super::unwritten(id, error)),
    }
}
