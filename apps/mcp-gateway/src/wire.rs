//! JSON shapes of the gateway's own answers (requirements: `UserContextInfo`).

use jiff::Timestamp;
use registry_domain::ports::{Secret, VerifiedToken};
use registry_http_edge::WireTime;
use serde::Serialize;
use utoipa::ToSchema;

/// Who somebody is.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserContext {
    /// The identity provider's id of the person
    #[schema(example = "7b1b5b0e-3c7c-4a53-9d0c-6d2f9f6a1c11")]
    user_id: String,
    /// Their tenant
    #[schema(required)]
    tenant_id: Option<String>,
    /// Whether they see what belongs to other tenants
    can_see_all: bool,
    /// Whether they showed who they are
    authenticated: bool,
    /// Their email address
    #[schema(required, example = "ada@example.com")]
    email: Option<String>,
    /// Their roles
    #[schema(example = json!(["admin"]))]
    roles: Vec<&'static str>,
}

impl UserContext {
    pub(crate) fn of(token: &VerifiedToken, is_admin: bool) -> Self {
        let identity = &token.identity;
        Self {
            user_id: identity.subject.clone(),
            tenant_id: identity.tenant.as_ref().map(ToString::to_string),
            can_see_all: is_admin,
            authenticated: true,
            email: identity.email.clone(),
            roles: token.roles.iter().map(|role| role.as_str()).collect(),
        }
    }
}

/// Who asks, and until when their token is good.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserInfo {
    #[serde(flatten)]
    user: UserContext,
    /// Their name
    #[schema(required, example = "Ada Lovelace")]
    name: Option<String>,
    /// When their token ends; a session's is refreshed ahead of that
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T12:00:00Z")]
    token_expires_at: WireTime,
}

impl UserInfo {
    pub(crate) const fn new(user: UserContext, name: Option<String>, ends_at: Timestamp) -> Self {
        Self { user, name, token_expires_at: WireTime(ends_at) }
    }
}

/// A session, for a tool that signs in without a browser's cookies.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// Always `success`
    #[schema(example = "success")]
    status: &'static str,
    /// The value of the session's cookie: as good as a password
    #[schema(example = "qXx4yZ0k3f0m1r6v8mC9c1u8s5b7n2h4d6e0a3t5w7Q")]
    session_id: String,
    /// When the session ends
    #[schema(value_type = String, format = DateTime, example = "2026-11-22T11:00:00Z")]
    expires_at: WireTime,
    user: UserContext,
}

impl SignedIn {
    pub(crate) fn new(id: &Secret, ends_at: Timestamp, user: UserContext) -> Self {
        Self {
            status: "success",
            session_id: id.expose().to_owned(),
            expires_at: WireTime(ends_at),
            user,
        }
    }
}
