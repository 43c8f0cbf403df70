//! Servers by what they offer: the question, and the answer.

use crate::openapi::schemas::ServerHealthWord;
use registry_domain::id::ServerId;
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::ports::{Matching, NamePattern, OfferKind, OfferQuery, ServerView};
use registry_http_edge::ReadQuery;
use registry_http_edge::query::Parameters;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::wire::server::{ResourceReport, description_of, resources};
use crate::wire::server_query::{health, limit, tags, tenant};

/// The query of GET /api/v1/discovery/tools.
#[derive(Debug)]
pub(crate) struct ToolsQuery(pub(crate) Wish);

/// The query of GET /api/v1/discovery/resources.
#[derive(Debug)]
pub(crate) struct ResourcesQuery(pub(crate) Wish);

/// What is looked for, as it was said and as it is meant.
#[derive(Debug)]
pub(crate) struct Wish {
    said: Vec<String>,
    pub(crate) query: OfferQuery,
}

impl ReadQuery for ToolsQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(wish(parameters, "tools", OfferKind::Tools, Matching::All))
    }
}

impl ReadQuery for ResourcesQuery {
    fn read(parameters: &mut Parameters) -> Self {
        Self(wish(parameters, "resources", OfferKind::Resources, Matching::Any))
    }
}

fn wish(parameters: &mut Parameters, name: &'static str, kind: OfferKind, usual: Matching) -> Wish {
    let said = parameters.required_words(name, OfferQuery::MAX_NAMES, NamePattern::MAX_CHARS);
    let matchings = [("all", Matching::All), ("any", Matching::Any)];
    let query = OfferQuery {
        kind,
        // What broke a rule was noted as it was read, and is not among the words.
        names: said.iter().filter_map(|text| NamePattern::parse(kind, text).ok()).collect(),
        matching: parameters.one_of("match", &matchings).unwrap_or(usual),
        tenant: tenant(parameters),
        health: health(parameters),
        tags: tags(parameters),
        limit: limit(parameters),
    };
    Wish { said, query }
}

/// Servers that have the tools.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "tools": ["search"], "servers": [{
        "id": "00000000-0000-4000-8000-000000000001", "name": "Weather",
        "endpoint_url": "https://mcp.example.com/mcp", "health_status": "healthy", "tools": [],
    }],
}))]
pub(crate) struct DiscoveryResponse<'a> {
    tools: &'a [String],
    #[schema(value_type = Vec<Object>)]
    servers: Vec<Found<'a, Tools<'a>>>,
}

/// Servers that have the resources.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "resources": ["search"], "servers": [{
        "id": "00000000-0000-4000-8000-000000000001", "name": "Weather",
        "endpoint_url": "https://mcp.example.com/mcp", "health_status": "healthy", "resources": [],
    }],
}))]
pub(crate) struct ResourceDiscoveryResponse<'a> {
    resources: &'a [String],
    #[schema(value_type = Vec<Object>)]
    servers: Vec<Found<'a, Resources<'a>>>,
}

/// A server, with what it was found by.
#[derive(Serialize)]
struct Found<'a, T> {
    id: ServerId,
    name: &'a str,
    endpoint_url: &'a str,
    health_status: &'static str,
    #[serde(flatten)]
    offers: T,
}

#[derive(Serialize)]
struct Tools<'a> {
    tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
struct Resources<'a> {
    resources: Vec<ResourceReport<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: String,
}

impl<'a> DiscoveryResponse<'a> {
    /// The answer to a question for tools.
    pub(crate) fn of(wish: &'a Wish, servers: &'a [ServerView]) -> Self {
        let tools = |view: &'a ServerView| {
            let definitions = view.of_kind(DefinitionKind::Tool);
            let tool = |definition: &'a Definition| Tool {
                name: &definition.name,
                description: description_of(definition),
            };
            Tools { tools: definitions.map(tool).collect() }
        };
        Self { tools: &wish.said, servers: found(servers, tools) }
    }
}

impl<'a> ResourceDiscoveryResponse<'a> {
    /// The answer to a question for resources.
    pub(crate) fn of(wish: &'a Wish, servers: &'a [ServerView]) -> Self {
        let shape = |view: &'a ServerView| Resources { resources: resources(view) };
        Self { resources: &wish.said, servers: found(servers, shape) }
    }
}

fn found<'a, T>(
    servers: &'a [ServerView],
    offers: impl Fn(&'a ServerView) -> T,
) -> Vec<Found<'a, T>> {
    let shape = |view: &'a ServerView| Found {
        id: view.id,
        name: &view.name,
        endpoint_url: view.endpoint_url.as_str(),
        health_status: view.health.as_str(),
        offers: offers(view),
    };
    servers.iter().map(shape).collect()
}

/// What [`ToolsQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ToolsParameters {
    /// What to look for, separated by commas
    #[param(min_length = 1, example = "search")]
    tools: String,
    /// Whether all of them, or any
    #[param(pattern = "^(all|any)$", example = "any")]
    r#match: Option<String>,
    /// Only those of this tenant
    tenant_id: Option<String>,
    /// Only those that are this
    #[param(value_type = Option<ServerHealthWord>, inline)]
    health_status: Option<String>,
    /// Only those that have all of these tags, separated by commas
    #[param(example = "prod")]
    tags: Option<String>,
    /// How many at most
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}

/// What [`ResourcesQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ResourcesParameters {
    /// What to look for, separated by commas
    #[param(min_length = 1, example = "search")]
    resources: String,
    /// Whether all of them, or any
    #[param(pattern = "^(all|any)$", example = "any")]
    r#match: Option<String>,
    /// Only those of this tenant
    tenant_id: Option<String>,
    /// Only those that are this
    #[param(value_type = Option<ServerHealthWord>, inline)]
    health_status: Option<String>,
    /// Only those that have all of these tags, separated by commas
    #[param(example = "prod")]
    tags: Option<String>,
    /// How many at most
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
}
