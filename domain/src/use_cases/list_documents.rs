//! The documents of a registration.

use crate::caller::Caller;
use crate::document::Document;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{Page, RegistryPorts};

use super::find_registration;

/// Lists them, the oldest first.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn list_documents(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    (limit, offset): (u32, u32),
) -> Result<Page<Document>, Error> {
    find_registration(ports, caller, id).await?;
    Ok(ports.documents.list(id, limit, offset).await?)
}
