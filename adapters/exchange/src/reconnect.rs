//! Where a person lets us use a server in their name, for calls of those who did not (any more).

use std::fmt::Write as _;

use mcp_wire::asking::opens_addresses;
use mcp_wire::revision::Era;
use registry_domain::id::TenantId;

use crate::request::Call;

/// What a connecting page would be called if no server were: a server of that alias goes by its id.
const OWN_PAGE: &str = "callback";

/// Where somebody connects a call's server.
pub(crate) struct Reconnect {
    /// The page's address.
    pub(crate) url: String,
    /// Whether the client opens addresses that a server asks it to open (2025-11-25).
    pub(crate) opens_addresses: bool,
}

impl Reconnect {
    /// Nothing for servers that are opened in another way: all that most calls pay is to look.
    pub(crate) fn of(call: Call<'_>) -> Option<Box<Self>> {
        let server = call.route.server.of();
        server.credential.as_ref().filter(|credential| credential.is_granted_by_callers())?;
        let base = call.exchange.settings.base_url.as_deref()?;
        let caller = call.request.inbound.party.caller()?;
        let mut url = format!("{}/connect/", base.trim_end_matches('/'));
        let foreign = server.tenant.as_ref().filter(|own| caller.tenant.as_ref() != Some(own));
        // Writing into a string cannot fail.
        _ = match foreign.map(TenantId::as_str) {
            Some(tenant) if is_plain(tenant) => write!(url, "{tenant}~{}", server.alias),
            None if server.alias.as_str() != OWN_PAGE => write!(url, "{}", server.alias),
            _ => write!(url, "{}", server.id),
        };
        // From 2026-07-28 on nobody is asked by an error.
        let session = call.request.session.as_ref();
        let opens_addresses = call.request.front.era == Era::Legacy
            && session.is_some_and(|session| opens_addresses(&session.capabilities));
        Some(Box::new(Self { url, opens_addresses }))
    }
}

/// Whether a tenant's name stands in an address as it is.
fn is_plain(tenant: &str) -> bool {
    tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}
