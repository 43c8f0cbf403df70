//! The submitter of a registration, or an administrator, adds a document to it.

use crate::caller::{Action, Caller, authorize};
use crate::document::{Document, DocumentDraft};
use crate::error::Error;
use crate::id::{DocumentId, RegistrationId};
use crate::ports::{Kept, RegistryPorts};

/// Keeps a file, in whatever state the registration is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::TooLarge`], [`Error::Invalid`],
/// [`Error::UnsupportedType`], [`Error::Full`], [`Error::Unavailable`].
pub async fn upload_document(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: DocumentDraft,
) -> Result<Document, Error> {
    let registration = super::visible(ports, caller, id).await?.registration;
    authorize(caller, Action::ChangeRegistration { submitter: registration.submitter })?;
    let uploader = super::acting_user(caller)?;
    let document = DocumentId(ports.ids.next());
    let upload = Document::upload(draft, document, &registration, uploader, ports.stamp())?;
    let most = Document::MAX_PER_REGISTRATION;
    match ports.documents.insert(&upload, most).await {
        Ok(Kept::Kept) => Ok(upload.document),
        Ok(Kept::Full) => Err(Error::Full { what: "documents", most }),
        Err(error) => Err(super::unwritten(id, error)),
    }
}
