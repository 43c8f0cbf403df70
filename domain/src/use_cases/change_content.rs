//! What editing and proposing have in common: other content, checked and written.

use crate::caller::{Action, Caller, authorize};
use crate::change::Change;
use crate::error::Error;
use crate::event::EventStamp;
use crate::id::{RegistrationId, UserId};
use crate::ports::{PortError, RegistrationView, RegistryPorts};
use crate::registration::{
    IllegalTransition, Registration, RegistrationContent, RegistrationDraft,
};

use super::Seen;
use super::submit_registration::{checked, keeps_alias, url_taken};

/// A transition of a registration to other content, by somebody, at a time.
type Transition = fn(
    Registration,
    RegistrationContent,
    UserId,
    EventStamp,
) -> Result<Change<Registration>, IllegalTransition>;

/// Writes other content by way of a transition.
pub(super) async fn change_content(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: RegistrationDraft,
    seen: Option<Seen>,
    transition: Transition,
) -> Result<RegistrationView, Error> {
    let view = super::visible(ports, caller, id).await?;
    authorize(caller, Action::ChangeRegistration { submitter: view.registration.submitter })?;
    let content = checked(ports, draft)?;
    keeps_alias(&view, content.alias.as_ref())?;
    Seen::require(seen, &view)?;
    let author = super::acting_user(caller)?;
    let change = transition(view.registration, content, author, ports.stamp())?;
    write_content(ports, caller, &change).await
}

/// Writes a change of content and answers what there is then. The address may be somebody else's.
pub(super) async fn write_content(
    ports: &RegistryPorts,
    caller: &Caller,
    change: &Change<Registration>,
) -> Result<RegistrationView, Error> {
    let id = change.next.id;
    match ports.registrations.commit(change).await {
        Ok(()) => super::existing(ports, id).await,
        Err(error @ PortError::AlreadyExists { .. }) => Err(url_taken(ports, caller, error).await),
        Err(error) => Err(super::unwritten(id, error)),
    }
}
