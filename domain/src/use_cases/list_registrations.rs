//! A page of registrations.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::ports::{Page, RegistrationQuery, RegistrationView, RegistryPorts};

/// Lists those of the caller's tenant, and those of none; administrators see all. With one identity
/// tenant every signed-in person sees all of them.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_registrations(
    ports: &RegistryPorts,
    caller: &Caller,
    query: &RegistrationQuery,
) -> Result<Page<RegistrationView>, Error> {
    authorize(caller, Action::ReadRegistry)?;
    let query = RegistrationQuery { tenant: caller.scope(), ..query.clone() };
    Ok(ports.registrations.list(&query).await?)
}
