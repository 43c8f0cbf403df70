//! One person.

use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::id::UserId;
use crate::ports::RegistryPorts;
use crate::user::User;

/// Finds a person by id: one of another tenant is not there for people of this one.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_user(ports: &RegistryPorts, caller: &Caller, id: UserId) -> Result<User, Error> {
    authorize(caller, Action::ReadRegistry)?;
    let user = ports.users.find(id).await?;
    let is_seen = |user: &User| caller.user == Some(user.id) || caller.sees(user.tenant.as_ref());
    user.filter(is_seen).ok_or(Error::NotFound(Subject::User(id)))
}
