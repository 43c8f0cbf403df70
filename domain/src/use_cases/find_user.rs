//! One person.

use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::id::UserId;
use crate::ports::RegistryPorts;
use crate::user::User;

/// Finds a person by id.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_user(ports: &RegistryPorts, caller: &Caller, id: UserId) -> Result<User, Error> {
    authorize(caller, Action::ReadRegistry)?;
    ports.users.find(id).await?.ok_or(Error::NotFound(Subject::User(id)))
}
