//! The way of a call: which server it is for, and whether what it calls there was approved.

use std::sync::Arc;

use mcp_wire::WireError;
use registry_domain::caller::{Caller, Permit};
use registry_domain::federation::{FederatedName, FederatedUri, ServerRef};
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::{RouteRefusal, RoutingTable, ServerEntry};

use crate::record::Pending;
use crate::request::{Request, Route};

/// Finds the server of a call, and makes sure that what is called was approved.
pub(crate) fn route<'a>(
    table: &RoutingTable,
    caller: &Caller,
    request: &'a Request<'a>,
    here: Option<Permit<Arc<ServerEntry>>>,
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    match (request.method, here) {
        ("tools/call", here) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            record.tool(name);
            named(table, caller, here, (DefinitionKind::Tool, name), record)
        }
        ("prompts/get", here) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            named(table, caller, here, (DefinitionKind::Prompt, name), record)
        }
        ("resources/read", here) => {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            located(table, caller, here, uri, record)
        }
        ("completion/complete", Some(server)) => {
            Ok(Route { server, renamed: None, relocated: None })
        }
        // The next two are of a session, so they need one.
        ("resources/subscribe" | "resources/unsubscribe", here @ Some(_))
            if request.session.is_some() =>
        {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            located(table, caller, here, uri, record)
        }
        ("logging/setLevel", Some(server)) if request.session.is_some() => {
            Ok(Route { server, renamed: None, relocated: None })
        }
        _ => Err(WireError::unknown_method(request.method, request.front.era)),
    }
}

/// The way to a tool or a prompt.
fn named<'a>(
    table: &RoutingTable,
    caller: &Caller,
    here: Option<Permit<Arc<ServerEntry>>>,
    (kind, name): (DefinitionKind, &'a str),
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    let unknown = || unknown(kind.as_str(), name);
    let (server, upstream_name) = if let Some(permit) = here {
        (permit, name)
    } else {
        let parts = FederatedName::split(name).ok_or_else(unknown)?;
        let reference = ServerRef { tenant: parts.tenant, alias: parts.alias };
        (resolved(table, caller, reference, unknown)?, parts.name)
    };
    record.server(server.of().id);
    if server.of().offered_to(Some(caller)).find(kind, upstream_name).is_none() {
        return Err(unknown());
    }
    let renamed = (upstream_name != name).then_some(upstream_name);
    Ok(Route { server, renamed, relocated: None })
}

/// The way to a resource.
fn located<'a>(
    table: &RoutingTable,
    caller: &Caller,
    here: Option<Permit<Arc<ServerEntry>>>,
    uri: &'a str,
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    let unknown = || unknown("resource", uri);
    let (server, relocated) = if let Some(permit) = here {
        (permit, None)
    } else {
        let FederatedUri { server, uri } = FederatedUri::split(uri).ok_or_else(unknown)?;
        (resolved(table, caller, server, unknown)?, Some(uri))
    };
    record.server(server.of().id);
    let offered = server.of().offered_to(Some(caller));
    if !offered.offers_resource(relocated.as_deref().unwrap_or(uri)) {
        return Err(unknown());
    }
    Ok(Route { server, renamed: None, relocated })
}

pub(crate) fn resolved(
    table: &RoutingTable,
    caller: &Caller,
    reference: ServerRef<'_>,
    unknown: impl Fn() -> WireError,
) -> Result<Permit<Arc<ServerEntry>>, WireError> {
    table.resolve(caller, reference).map_err(|refusal| match refusal {
        RouteRefusal::Unknown => unknown(),
        RouteRefusal::InMaintenance => in_maintenance(reference.alias),
    })
}

fn unknown(what: &str, name: &str) -> WireError {
    WireError::invalid_params(format!("unknown {what}: \"{}\"", mcp_wire::error::echo(name)))
}

pub(crate) fn required<'a>(value: Option<&'a str>, field: &str) -> Result<&'a str, WireError> {
    value.ok_or_else(|| WireError::invalid_params(format!("{field} is required")))
}

fn in_maintenance(server: &str) -> WireError {
    let shown = mcp_wire::error::echo(server);
    let message = format!("the server \"{shown}\" is in maintenance; try again later");
    WireError::upstream("SERVER_UNAVAILABLE", message)
}
