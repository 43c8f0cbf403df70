//! Which servers are asked for, and what is to come with them.

use crate::openapi::schemas::{OrderWord, ServerHealthWord};
use registry_domain::caller::TenantScope;
use registry_domain::field::Violation;
use registry_domain::id::TenantId;
use registry_domain::ports::{Include, Order, ServerQuery};
use registry_domain::server::{HealthStatus, Server, ServerContent};
use registry_http_edge::ReadQuery;
use registry_http_edge::query::Parameters;
use utoipa::IntoParams;

use crate::wire::cursor;

/// How many a list has, when nobody says so.
const DEFAULT_LIMIT: u32 = 100;
/// How many a list has at most.
const MAX_LIMIT: u32 = 1000;
/// The longest text to search for, in characters.
const MAX_SEARCH: usize = 255;

/// The query of GET /api/v1/servers.
#[derive(Debug)]
pub(crate) struct ServersQuery(pub(crate) ServerQuery);

impl ReadQuery for ServersQuery {
    fn read(parameters: &mut Parameters) -> Self {
        let orders = [("desc", Order::NewestFirst), ("asc", Order::OldestFirst)];
        let query = ServerQuery {
            tenant: tenant(parameters),
            health: health(parameters),
            tags: tags(parameters),
            name: parameters.text("name", Server::MAX_NAME_CHARS),
            search: parameters.text("search", MAX_SEARCH),
            order: parameters.one_of("order", &orders).unwrap_or_default(),
            limit: limit(parameters),
            offset: parameters.number("offset", 0..=u32::MAX, 0),
            after: parameters.parsed("cursor", cursor::decode, "must come from a Link header"),
            include: include(parameters),
        };
        if query.after.is_some() && query.offset > 0 {
            parameters.note(Violation::at("offset", "conflict", "goes not together with cursor"));
        }
        Self(query)
    }
}

/// The query of `GET /api/v1/servers/{server_id}`.
#[derive(Debug)]
pub(crate) struct OneQuery {
    pub(crate) tenant: TenantScope,
    pub(crate) include: Include,
}

impl ReadQuery for OneQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self { tenant: tenant(parameters), include: include(parameters) }
    }
}

/// A filter by whose servers are.
pub(super) fn tenant(parameters: &mut Parameters) -> TenantScope {
    let parse = |text: &str| TenantId::parse(text).ok();
    TenantScope::asked(parameters.parsed("tenant_id", parse, "must be a tenant's id"))
}

/// A filter by how servers are doing.
pub(super) fn health(parameters: &mut Parameters) -> Option<HealthStatus> {
    let words = HealthStatus::ALL.map(|status| (status.as_str(), status));
    parameters.one_of("health_status", &words)
}

/// A filter by tags: a server has to have all of them.
pub(super) fn tags(parameters: &mut Parameters) -> Vec<String> {
    parameters.words("tags", ServerContent::MAX_TAGS, ServerContent::MAX_TAG_CHARS)
}

/// How many at most.
pub(super) fn limit(parameters: &mut Parameters) -> u32 {
    parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)
}

fn include(parameters: &mut Parameters) -> Include {
    Include {
        tools: parameters.flag("include_tools"),
        resources: parameters.flag("include_resources"),
    }
}

/// What [`ServersQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ServersParameters {
    /// Only those of this tenant
    tenant_id: Option<String>,
    /// Only those that are this
    #[param(value_type = Option<ServerHealthWord>, inline)]
    health_status: Option<String>,
    /// Only those that have all of these tags, separated by commas
    #[param(example = "prod")]
    tags: Option<String>,
    /// Only the one of this name
    #[param(max_length = 100)]
    name: Option<String>,
    /// Only those with this text in them, whatever the case
    #[param(max_length = 255)]
    search: Option<String>,
    /// Newest first (`desc`), or oldest first
    #[param(value_type = Option<OrderWord>, inline)]
    order: Option<String>,
    /// How many a page has at most
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// How many to pass over; not together with `cursor`
    #[param(minimum = 0, default = 0)]
    offset: Option<u32>,
    /// Where to go on, from a `Link` header
    cursor: Option<String>,
    /// Whether to show tools
    include_tools: Option<bool>,
    /// Whether to show resources
    include_resources: Option<bool>,
}

/// What [`OneQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ServerParameters {
    /// Only if it is this tenant's
    tenant_id: Option<String>,
    /// Whether to show tools
    include_tools: Option<bool>,
    /// Whether to show resources
    include_resources: Option<bool>,
}

#[cfg(test)]
mod tests {
    use registry_http_edge::query::read_query;

    use super::*;

    #[test]
    fn without_parameters_the_newest_hundred_of_all_are_asked_for() {
        let ServersQuery(query) = read_query("").unwrap();
        assert_eq!((query.limit, query.offset, query.order), (100, 0, Order::NewestFirst));
        assert_eq!((query.tenant, query.include), (TenantScope::All, Include::default()));
    }

    #[test]
    fn filters_are_read_together() {
        let ServersQuery(query) = read_query(
            "tenant_id=contoso&health_status=Healthy&tags[]=a&tags=b,c&include_tools=true&limit=7",
        )
        .unwrap();
        assert_eq!(query.tenant, TenantScope::Only(TenantId::parse("contoso").unwrap()));
        assert_eq!(query.health, Some(HealthStatus::Healthy));
        assert_eq!((query.tags, query.limit), (vec!["a".into(), "b".into(), "c".into()], 7));
        assert_eq!(query.include, Include { tools: true, resources: false });
    }
}
