//! From a verified token to a caller with a row of their own.

use crate::caller::{Caller, Role};
use crate::error::Error;
use crate::id::UserId;
use crate::ports::{Ensured, RegistryPorts, VerifiedToken};

/// A caller, and what became of their row.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who asks.
    pub caller: Caller,
    /// Whether the row was made or changed for this.
    pub ensured: Ensured,
}

/// Makes or updates the person's row and says who they are and whether they administrate: by
/// role, by group, or by the stored flag.
///
/// # Errors
/// [`Error::Unavailable`] without the store.
pub async fn identify_caller(
    ports: &RegistryPorts,
    token: &VerifiedToken,
) -> Result<SignedIn, Error> {
    let new_id = UserId(ports.ids.next());
    let ensured = ports.users.ensure_user(&token.identity, new_id).await?;
    let user = ensured.clone().into_user();
    let mut caller = caller_of(token);
    caller.user = Some(user.id);
    caller.is_admin |= user.is_admin;
    Ok(SignedIn { caller, ensured })
}

/// Who a token alone says it is: an administrator by role or group only, without a row.
pub fn caller_of(token: &VerifiedToken) -> Caller {
    let identity = &token.identity;
    Caller {
        subject: identity.subject.clone(),
        user: None,
        tenant: identity.tenant.clone(),
        email: identity.email.clone(),
        display_name: identity.display_name.clone(),
        roles: token.roles.clone(),
        groups: token.groups.clone(),
        is_admin: token.roles.contains(&Role::Admin) || identity.in_admin_group == Some(true),
        expires_at: token.expires_at,
        assertion: token.assertion.clone(),
    }
}
