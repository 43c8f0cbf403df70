//! Lists, from the approved snapshot: an upstream that is slow or gone never delays one, and what
//! was not approved is never shown.

use bytes::Bytes;
use mcp_wire::definition::{relocate_definition, rename_definition};
use mcp_wire::message;
use mcp_wire::{WireError, params::CallParams};
use registry_domain::caller::Caller;
use registry_domain::federation::{federated_name, federated_uri};
use registry_domain::id::TenantId;
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::routing::{Offered, RoutingTable, ServerEntry};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::own_tools;
use crate::request::Request;

/// How long a client may keep a list.
const TTL_MS: u64 = 5_000;

/// The kind of definition that a list method lists, and the member of the result it goes in.
pub(crate) fn listed_by(method: &str) -> Option<(DefinitionKind, &'static str)> {
    match method {
        "tools/list" => Some((DefinitionKind::Tool, "tools")),
        "resources/list" => Some((DefinitionKind::Resource, "resources")),
        "resources/templates/list" => Some((DefinitionKind::ResourceTemplate, "resourceTemplates")),
        "prompts/list" => Some((DefinitionKind::Prompt, "prompts")),
        _ => None,
    }
}

/// A server's own list, byte for byte as it was approved, of what the caller may use.
///
/// # Errors
/// -32602 for a cursor: our lists have one page.
pub(crate) fn of_server(
    exchange: &Exchange,
    request: &Request<'_>,
    (kind, member): (DefinitionKind, &str),
    server: Offered<'_>,
) -> Result<Answer, WireError> {
    refuse_cursor(request.params)?;
    let items = server.definitions(kind).map(|definition| &definition.raw);
    Ok(listed(exchange, request, member, items))
}

/// What the gateway offers itself, then the same of all servers that the caller may use, names and
/// URIs prefixed, ordered by tenant, alias, and then as each upstream orders them.
///
/// # Errors
/// -32602 for a cursor: our lists have one page.
pub(crate) fn federated(
    exchange: &Exchange,
    request: &Request<'_>,
    caller: &Caller,
    (kind, member): (DefinitionKind, &str),
    table: &RoutingTable,
) -> Result<Answer, WireError> {
    refuse_cursor(request.params)?;
    let mut items: Vec<Bytes> = Vec::new();
    if kind == DefinitionKind::Resource && exchange.own_tools.is_some() {
        items.extend(own_tools::resources_for(caller));
    }
    if kind == DefinitionKind::Tool && exchange.own_tools.is_some() {
        items.extend(own_tools::definitions_for(caller));
    }
    for server in table.visible_to(caller).filter(|server| !server.in_maintenance) {
        items.extend(
            server
                .offered_to(Some(caller))
                .definitions(kind)
                .filter_map(|definition| prefixed(server, caller, definition)),
        );
    }
    Ok(listed(exchange, request, member, items))
}

/// A server's definition as it is told beside those of other servers.
fn prefixed(server: &ServerEntry, caller: &Caller, definition: &Definition) -> Option<Bytes> {
    let foreign = foreign_tenant(server, caller);
    let (raw, name) = (&definition.raw, &definition.name);
    let relocated =
        |member| relocate_definition(raw, member, &federated_uri(&server.alias, name, foreign)?);
    match definition.kind {
        DefinitionKind::Tool | DefinitionKind::Prompt => {
            rename_definition(raw, &federated_name(&server.alias, name, foreign))
        }
        DefinitionKind::Resource => relocated("uri"),
        DefinitionKind::ResourceTemplate => relocated("uriTemplate"),
    }
}

/// The tenant that has to be written for a caller to whom the server is another tenant's.
pub(crate) fn foreign_tenant<'s>(server: &'s ServerEntry, caller: &Caller) -> Option<&'s TenantId> {
    server.tenant.as_ref().filter(|tenant| Some(*tenant) != caller.tenant.as_ref())
}

fn listed<I>(exchange: &Exchange, request: &Request<'_>, member: &str, items: I) -> Answer
where
    I: IntoIterator,
    I::Item: AsRef<[u8]>,
{
    let this = exchange.settings.implementation();
    let body =
        message::list_result(request.id_json, request.front.era, member, items, None, TTL_MS, this);
    Answer::json(200, body)
}

fn refuse_cursor(params: &CallParams<'_>) -> Result<(), WireError> {
    match params.cursor {
        None => Ok(()),
        Some(_) => Err(WireError::invalid_params("params.cursor is not one that this server gave")),
    }
}
