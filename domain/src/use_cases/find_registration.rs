//! One registration with its candidate and its server.

use crate::caller::{Action, Caller, authorize};
use crate::endpoint::EndpointUrl;
use crate::error::{Error, Subject};
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};

/// Finds a registration by id, of those that the caller may see.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<RegistrationView, Error> {
    authorize(caller, Action::ReadRegistry)?;
    super::visible(ports, caller, id).await
}

/// Finds a registration by its address: letter by letter, else by what the address means. Another
/// tenant's is not there.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_registration_by_url(
    ports: &RegistryPorts,
    caller: &Caller,
    url: &str,
) -> Result<RegistrationView, Error> {
    authorize(caller, Action::ReadRegistry)?;
    let key = EndpointUrl::parse(url).ok().map(|endpoint| endpoint.key());
    ports
        .registrations
        .find_by_url(url, key.as_deref())
        .await?
        .filter(|view| caller.sees(view.registration.tenant.as_ref()))
        .ok_or(Error::NotFound(Subject::RegistrationByUrl))
}
