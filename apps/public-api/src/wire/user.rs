//! A person.

use registry_domain::caller::Caller;
use registry_domain::id::UserId;
use registry_domain::user::User;
use registry_http_edge::WireTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;

/// A person's row.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserResponse<'a> {
    #[schema(value_type = Id)]
    user_id: UserId,
    /// The subject of the person's tokens.
    #[schema(example = "6f1c2a9e-ada")]
    entra_id: &'a str,
    #[schema(example = "ada@example.com")]
    email: &'a str,
    #[schema(required = true, example = "Ada Lovelace")]
    display_name: Option<&'a str>,
    #[schema(example = false)]
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
