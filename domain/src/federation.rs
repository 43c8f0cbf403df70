//! Many servers behind one endpoint: how a name or a URI says which server it belongs to.
//!
//! Tools and prompts: //! `{alias}__{tool}`. An alias has no underscore, so the first `__` always ends it, whatever the
//! tool is called. An administrator who sees several tenants writes `{tenant}~{alias}__{tool}`;
//! no tenant has a `~` or a `__` in it ([`TenantId::parse`]).
//!
//! Resources: `{alias}+{uri}`, which is a URI of a scheme of its own. What a host renders
//! (`ui://…`, SEP-1865) stays recognisable: `ui://{alias}+…`.

use std::borrow::Cow;

use crate::id::{Alias, TenantId};

/// Ends the alias in a federated name.
pub(crate) const SEPARATOR: &str = "__";
/// Ends the tenant where a federated name says one.
pub(crate) const TENANT_MARK: char = '~';

/// A federated name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FederatedName<'a> {
    /// The tenant, where the name says one.
    pub tenant: Option<&'a str>,
    /// The server's alias.
    pub alias: &'a str,
    /// The name at the upstream.
    pub name: &'a str,
}

impl<'a> FederatedName<'a> {
    /// Takes a federated name apart; `None` when it names no server.
    pub fn split(text: &'a str) -> Option<Self> {
        let (server, name) = text.split_once(SEPARATOR)?;
        let ServerRef { tenant, alias } = ServerRef::split(server);
        (!alias.is_empty() && !name.is_empty()).then_some(Self { tenant, alias, name })
    }
}

/// Ends the alias in a federated URI.
const URI_SEPARATOR: char = '+';
/// The scheme that keeps its place in front.
const UI: &str = "ui://";

/// A federated URI taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedUri<'a> {
    /// The server.
    pub server: ServerRef<'a>,
    /// The URI at the upstream.
    pub uri: Cow<'a, str>,
}

impl<'a> FederatedUri<'a> {
    /// Takes a federated URI apart; `None` when it names no server.
    pub fn split(text: &'a str) -> Option<Self> {
        let (scheme, rest) = match text.strip_prefix(UI) {
            Some(rest) => (UI, rest),
            None => ("", text),
        };
        let (server, rest) = rest.split_once(URI_SEPARATOR)?;
        let server = ServerRef::split(server);
        let uri = match scheme {
            "" => Cow::Borrowed(rest),
            scheme => Cow::Owned(format!("{scheme}{rest}")),
        };
        (!server.alias.is_empty() && !rest.is_empty()).then_some(Self { server, uri })
    }
}

/// The federated URI of an upstream's `uri`, or of a template of URIs. `None` where the tenant that
/// had to be written has the separator in its name.
pub fn federated_uri(alias: &Alias, uri: &str, foreign: Option<&TenantId>) -> Option<String> {
    let (scheme, rest) = match uri.strip_prefix(UI) {
        Some(rest) => (UI, rest),
        None => ("", uri),
    };
    match foreign {
        None => Some(format!("{scheme}{alias}{URI_SEPARATOR}{rest}")),
        Some(tenant) if tenant.as_str().contains(URI_SEPARATOR) => None,
        Some(tenant) => Some(format!("{scheme}{tenant}{TENANT_MARK}{alias}{URI_SEPARATOR}{rest}")),
    }
}

/// A server as addresses and prefixes name it: `{alias}` or `{tenant}~{alias}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerRef<'a> {
    /// The tenant, where one is named.
    pub tenant: Option<&'a str>,
    /// The alias.
    pub alias: &'a str,
}

impl<'a> ServerRef<'a> {
    /// Takes a reference apart.
    pub fn split(text: &'a str) -> Self {
        match text.rsplit_once(TENANT_MARK) {
            Some((tenant, alias)) => Self { tenant: Some(tenant), alias },
            None => Self { tenant: None, alias: text },
        }
    }
}

/// The federated name of an upstream's `name`. The tenant is written only for a caller to whom
/// the server is another tenant's.
pub fn federated_name(alias: &Alias, name: &str, foreign: Option<&TenantId>) -> String {
    match foreign {
        None => format!("{alias}{SEPARATOR}{name}"),
        Some(tenant) => format!("{tenant}{TENANT_MARK}{alias}{SEPARATOR}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_without_a_server_is_nobodys() {
        for name in ["echo", "__echo", "files__", ""] {
            assert_eq!(FederatedName::split(name), None, "{name}");
        }
    }

    #[test]
    fn what_a_host_renders_stays_recognisable() {
        let alias = Alias::parse("files").unwrap();
        let joined = federated_uri(&alias, "ui://clock/face", None).unwrap();
        assert_eq!(joined, "ui://files+clock/face");
        assert_eq!(FederatedUri::split(&joined).unwrap().uri, "ui://clock/face");
    }

    #[test]
    fn a_uri_without_a_server_is_nobodys() {
        for uri in ["file:///x", "+file:///x", "files+", "ui://files", "", "a~+x"] {
            assert_eq!(FederatedUri::split(uri), None, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn a_uri_that_was_joined_comes_apart_again(
            alias in "[a-z0-9][a-z0-9-]{0,23}",
            uri in "(ui|file|config|x\\+y)://[A-Za-z0-9_.~+/-]{1,40}",
            tenant in prop::option::of(
                prop_oneof!["[a+-]{1,6}", "[^\\p{C}]{1,36}"]
                    .prop_filter_map("no tenant", |text| TenantId::parse(&text).ok()),
            ),
        ) {
            let parsed = Alias::parse(&alias).unwrap();
            match federated_uri(&parsed, &uri, tenant.as_ref()) {
                None => prop_assert!(tenant.is_some_and(|tenant| tenant.as_str().contains('+'))),
                Some(joined) => {
                    let apart = FederatedUri::split(&joined).unwrap();
                    let tenant = tenant.as_ref().map(TenantId::as_str);
                    prop_assert_eq!(apart.server, ServerRef { tenant, alias: &alias });
                    prop_assert_eq!(apart.uri, uri);
                }
            }
        }

        #[test]
        fn what_was_joined_comes_apart_again(
            alias in "[a-z0-9][a-z0-9-]{0,23}",
            name in "[A-Za-z0-9_.~-]{1,60}",
            // Mostly made of what parts names, so that all of its uses that are allowed occur.
            tenant in prop::option::of(
                prop_oneof!["[a_~-]{1,6}", "[^\\p{C}]{1,36}"]
                    .prop_filter_map("no tenant", |text| TenantId::parse(&text).ok()),
            ),
        ) {
            let parsed = Alias::parse(&alias).unwrap();
            let joined = federated_name(&parsed, &name, tenant.as_ref());
            let apart = FederatedName::split(&joined).unwrap();
            let tenant = tenant.as_ref().map(TenantId::as_str);
            prop_assert_eq!(apart, FederatedName { tenant, alias: &alias, name: &name });
        }
    }
}
