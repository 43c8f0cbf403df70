//! Somebody asks for a server to be listed.

use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::field::Violation;
use crate::id::{Alias, RegistrationId};
use crate::ports::{PortError, RegistrationView, RegistryPorts};
use crate::registration::{Registration, RegistrationContent, RegistrationDraft};

/// Checks and keeps a new registration; its manifest is discovered in the background.
///
/// # Errors
/// [`Error::Invalid`] with every broken rule, [`Error::UrlTaken`], [`Error::Unavailable`].
pub async fn submit_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    draft: RegistrationDraft,
) -> Result<RegistrationView, Error> {
    authorize(caller, Action::SubmitRegistration)?;
    let content = checked(ports, draft)?;
    let id = RegistrationId(ports.ids.next());
    let submitter = super::acting_user(caller)?;
    let change = Registration::submit(id, content, submitter, caller.tenant.clone(), ports.stamp());
    match ports.registrations.commit(&change).await {
        Ok(()) => super::existing(ports, id).await,
        Err(error) => Err(url_taken(ports, caller, error).await),
    }
}

/// Checks a draft: field rules, then whether we are willing to call the address at all.
pub(super) fn checked(
    ports: &RegistryPorts,
    draft: RegistrationDraft,
) -> Result<RegistrationContent, Error> {
    let content = RegistrationContent::check(draft).map_err(Error::Invalid)?;
    ports
        .policy
        .egress
        .check(&content.endpoint_url)
        .map_err(|wrong| Error::Invalid(vec![wrong]))?;
    Ok(content)
}

/// Refuses to wish for another alias than the one that clients know a server by.
pub(super) fn keeps_alias(view: &RegistrationView, wished: Option<&Alias>) -> Result<(), Error> {
    match (&view.server, wished) {
        (Some(server), Some(wished)) if *wished != server.alias => {
            let rule = format!("must stay {:?}, as clients know it by that", server.alias.as_str());
            Err(Error::Invalid(vec![Violation::at("alias", "value_error", rule)]))
        }
        _ => Ok(()),
    }
}

/// Says who has an address that turned out to be taken, to those who may see it.
pub(super) async fn url_taken(ports: &RegistryPorts, caller: &Caller, error: PortError) -> Error {
    let PortError::AlreadyExists { key: "endpoint_url", existing: Some(holder) } = error else {
        return error.into();
    };
    let existing = RegistrationId(holder);
    match ports.registrations.find(existing).await {
        Ok(Some(RegistrationView { registration, .. })) => {
            let is_seen = caller.sees(registration.tenant.as_ref());
            Error::UrlTaken { holder: is_seen.then(|| (existing, registration.status())) }
        }
        Ok(None) => Error::NotFound(Subject::Registration(existing)),
        Err(error) => error.into(),
    }
}
