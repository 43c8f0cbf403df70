//! A server, with what it offers where that was asked for.

use crate::openapi::schemas::Id;
use registry_domain::id::{RegistrationId, ServerId};
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::ports::{DiscoveryState, Include, ServerView};
use registry_http_edge::WireTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A server as the management API shows it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "00000000-0000-4000-8000-000000000001", "name": "file-tools", "alias": "file-tools",
    "endpoint_url": "https://mcp.example.com/mcp", "transport_type": "http", "version": "1.0.0",
    "description": null, "capabilities": {}, "tags": ["prod"], "health_status": "unknown",
    "last_health_check": null, "tenant_id": null, "registration_id": null, "mcp_url": null,
    "created_at": "2026-11-21T10:53:19.565057Z", "updated_at": "2026-11-21T10:53:19.565057Z",
}))]
pub(crate) struct ServerResponse<'a> {
    #[schema(value_type = Id)]
    id: ServerId,
    name: &'a str,
    alias: &'a str,
    endpoint_url: &'a str,
    transport_type: &'static str,
    version: &'a str,
    #[schema(required = true)]
    description: Option<&'a str>,
    #[schema(value_type = Object)]
    capabilities: &'a Map<String, Value>,
    tags: &'a [String],
    health_status: &'static str,
    #[schema(required = true)]
    last_health_check: Option<WireTime>,
    #[schema(required = true)]
    tenant_id: Option<&'a str>,
    #[schema(required = true, value_type = Option<Id>)]
    registration_id: Option<RegistrationId>,
    /// Where the gateway serves it; null where nobody vouched for it, because it does not.
    #[schema(required = true)]
    mcp_url: Option<String>,
    created_at: WireTime,
    updated_at: WireTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<ToolReport<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Vec<ResourceReport<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discovery: Option<&'static str>,
}

impl<'a> ServerResponse<'a> {
    /// A server that is reached below `gateway_base_url`.
    pub(crate) fn of(view: &'a ServerView, include: Include, gateway_base_url: &str) -> Self {
        let vouched = view.listed_by.is_vouched();
        Self {
            id: view.id,
            name: &view.name,
            alias: view.alias.as_str(),
            endpoint_url: view.endpoint_url.as_str(),
            transport_type: view.transport.as_str(),
            version: &view.version,
            description: view.description.as_deref(),
            capabilities: &view.capabilities,
            tags: &view.tags,
            health_status: view.health.as_str(),
            last_health_check: view.last_health_check.map(WireTime),
            tenant_id: view.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
            registration_id: view.registration,
            mcp_url: vouched.then(|| format!("{gateway_base_url}/servers/{}/mcp", view.alias)),
            created_at: WireTime(view.created_at),
            updated_at: WireTime(view.updated_at),
            tools: include.tools.then(|| tools(view)),
            resources: include.resources.then(|| resources(view)),
            discovery: None,
        }
    }

    /// The same server, telling how far reading what it offers has come.
    pub(crate) fn with_discovery(self, state: DiscoveryState) -> Self {
        Self { discovery: Some(state.as_str()), ..self }
    }
}

/// A tool.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToolReport<'a> {
    name: &'a str,
    #[schema(required = true)]
    description: Option<String>,
    #[schema(value_type = Object)]
    input_schema: Value,
}

/// A resource, or a template of resources.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResourceReport<'a> {
    uri_template: &'a str,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    #[schema(required = true)]
    mime_type: Option<String>,
}

/// What is told of a definition; members of other types than MCP's are as good as absent.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    name: Value,
    description: Value,
    mime_type: Value,
    input_schema: Value,
}

fn told(definition: &Definition) -> Told {
    // A definition was parsed when it was read, so each is a JSON object.
    serde_json::from_slice(&definition.raw).unwrap_or_default()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// What a tool is for, as its server says; empty where it does not.
pub(crate) fn description_of(definition: &Definition) -> String {
    text(told(definition).description).unwrap_or_default()
}

fn tools(view: &ServerView) -> Vec<ToolReport<'_>> {
    view.of_kind(DefinitionKind::Tool)
        .map(|definition| {
            let Told { description, input_schema, .. } = told(definition);
            let is_absent = input_schema.is_null();
            ToolReport {
                name: &definition.name,
                description: text(description),
                input_schema: if is_absent { Value::Object(Map::new()) } else { input_schema },
            }
        })
        .collect()
}

/// Resources and templates of resources: the address of a resource is a template without blanks.
pub(crate) fn resources(view: &ServerView) -> Vec<ResourceReport<'_>> {
    let kinds = [DefinitionKind::Resource, DefinitionKind::ResourceTemplate];
    let all = kinds.into_iter().flat_map(|kind| view.of_kind(kind));
    all.map(|definition| {
        let Told { name, description, mime_type, .. } = told(definition);
        ResourceReport {
            uri_template: &definition.name,
            name: text(name).unwrap_or_default(),
            description: text(description),
            mime_type: text(mime_type),
        }
    })
    .collect()
}
