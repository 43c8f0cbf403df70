//! The submitter of a registration, or an administrator, takes a document from it.

use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::id::{DocumentId, RegistrationId};
use crate::ports::{PortError, RegistryPorts};

/// Deletes a document with its bytes; the audit trail keeps what it was.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
pub async fn delete_document(
    ports: &RegistryPorts,
    caller: &Caller,
    (registration, id): (RegistrationId, DocumentId),
) -> Result<(), Error> {
    let registration = super::visible(ports, caller, registration).await?.registration;
    authorize(caller, Action::ChangeRegistration { submitter: registration.submitter })?;
    let actor = super::acting_user(caller)?;
    let gone = || Error::NotFound(Subject::Document(id));
    let document = ports.documents.find(registration.id, id).await?.ok_or_else(gone)?;
    let removal = document.remove(&registration, actor, ports.stamp());
    match ports.documents.remove(&removal).await {
        Err(PortError::NotFound) => Err(gone()),
        outcome => Ok(outcome?),
    }
}
