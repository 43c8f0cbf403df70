//! The links of a registration.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::link::Link;
use crate::ports::{Page, RegistryPorts};

use super::find_registration;

/// Lists them, the oldest first.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn list_links(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    (limit, offset): (u32, u32),
) -> Result<Page<Link>, Error> {
    find_registration(ports, caller, id).await?;
    Ok(ports.links.list(id, limit, offset).await?)
}
