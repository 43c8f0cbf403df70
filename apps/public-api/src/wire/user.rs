//! A person.

use registry_domain::caller::Caller;
use registry_domain::id::UserId;
use registry_domain::user::User;
use registry_http_edge::WireTime;
use serde::Serialize;

/// A person's row.
#[derive(Serialize)]
pub(crate) struct UserResponse<'a> {
    user_id: UserId,
    entra_id: &'a str,
    email: &'a str,
    display_name: Option<&'a str>,
    is_admin: bool,
    created_at: WireTime,
    updated_at: WireTime,
}

impl<'a> UserResponse<'a> {
    /// A row as it is stored.
    pub(crate) fn of(user: &'a User) -> Self {
        Self {
            user_id: user.id,
            entra_id: &user.subject,
            email: &user.email,
            display_name: user.display_name.as_deref(),
            is_admin: user.is_admin,
            created_at: WireTime(user.created_at),
            updated_at: WireTime(user.updated_at),
        }
    }

    /// The caller's own row; it says whether they administrate by this token, by role too, so
    /// that a user interface shows what the caller may do.
    pub(crate) fn of_caller(user: &'a User, caller: &Caller) -> Self {
        Self { is_admin: caller.is_admin, ..Self::of(user) }
    }
}
