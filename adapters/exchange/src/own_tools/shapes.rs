//! The JSON of results that several of the gateway's tools share.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use registry_domain::caller::Caller;
use registry_domain::ports::ServerView;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

/// A point in time as JSON has it: RFC 3339, in microseconds.
pub(super) fn time(at: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&at)
}

/// Who asked.
#[derive(Debug, Serialize)]
pub(super) struct UserContext<'a> {
    user_id: &'a str,
    tenant_id: Option<&'a str>,
    can_see_all: bool,
    authenticated: bool,
    email: Option<&'a str>,
    roles: Vec<&'static str>,
}

impl<'a> UserContext<'a> {
    pub(super) fn of(caller: &'a Caller) -> Self {
        Self {
            user_id: &caller.subject,
            tenant_id: caller.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
            can_see_all: caller.is_admin,
            authenticated: true,
            email: caller.email.as_deref(),
            roles: roles(caller),
        }
    }
}

/// The roles that a token gives its bearer.
pub(super) fn roles(caller: &Caller) -> Vec<&'static str> {
    caller.roles.iter().map(|role| role.as_str()).collect()
}

/// A server.
#[derive(Debug, Serialize)]
pub(super) struct ServerInfo<'a> {
    id: String,
    name: &'a str,
    alias: &'a str,
    endpoint_url: String,
    transport_type: &'static str,
    health_status: &'static str,
    capabilities: &'a Map<String, Value>,
    /// An object, as typed clients demand: each tag with `true`.
    tags: Map<String, Value>,
    tag_list: &'a [String],
    created_at: String,
    version: &'a str,
    description: Option<&'a str>,
    tenant_id: Option<&'a str>,
}

impl<'a> ServerInfo<'a> {
    pub(super) fn of(view: &'a ServerView) -> Self {
        Self {
            id: view.id.to_string(),
            name: &view.name,
            alias: view.alias.as_str(),
            endpoint_url: without_credentials(view.endpoint_url.url()),
            transport_type: view.transport.as_str(),
            health_status: view.health.as_str(),
            capabilities: &view.capabilities,
            tags: view.tags.iter().map(|tag| (tag.clone(), json!(true))).collect(),
            tag_list: &view.tags,
            created_at: time(view.created_at),
            version: &view.version,
            description: view.description.as_deref(),
            tenant_id: view.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
        }
    }
}

/// An address as others may read it: what an older entry may hold before its `@` is left out.
fn without_credentials(url: &Url) -> String {
    let mut shown = url.clone();
    // Only an address that cannot have them refuses, and then it has none.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.into()
}
