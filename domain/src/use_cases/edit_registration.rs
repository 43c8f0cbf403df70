//! The submitter corrects a registration while nobody has decided on it.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{PortError, RegistrationView, RegistryPorts};
use crate::registration::RegistrationDraft;

use super::Seen;
use super::submit_registration::{checked, keeps_alias, url_taken};

/// Replaces the content; its manifest is discovered anew.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::UrlTaken`],
/// [`Error::IllegalTransition`] unless Pending, [`Error::Stale`], [`Error::Unavailable`].
pub async fn edit_registration(
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
    let editor = super::acting_user(caller)?;
    let change = view.registration.edit(content, editor, ports.stamp())?;
    match ports.registrations.commit(&change).await {
        Ok(()) => super::existing(ports, id).await,
        Err(error @ PortError::AlreadyExists { .. }) => Err(url_taken(ports, error).await),
        Err(error) => Err(super::unwritten(id, error)),
    }
}
