//! A document of a registration, and as many of its bytes as somebody wants.

use std::ops::Range;

use bytes::Bytes;

use crate::caller::Caller;
use crate::document::Document;
use crate::error::{Error, Subject};
use crate::id::{DocumentId, RegistrationId};
use crate::ports::RegistryPorts;

/// Finds a document and reads the part of it that `wanted` names, having seen what it is; none of
/// it where that says `None`.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn read_document(
    ports: &RegistryPorts,
    caller: &Caller,
    (registration, id): (RegistrationId, DocumentId),
    wanted: impl FnOnce(&Document) -> Option<Range<u32>>,
) -> Result<(Document, Option<Bytes>), Error> {
    super::visible(ports, caller, registration).await?;
    let gone = || Error::NotFound(Subject::Document(id));
    let document = ports.documents.find(registration, id).await?.ok_or_else(gone)?;
    let Some(part) = wanted(&document) else { return Ok((document, None)) };
    let content = ports.documents.read(id, part).await?.ok_or_else(gone)?;
    Ok((document, Some(content)))
}
