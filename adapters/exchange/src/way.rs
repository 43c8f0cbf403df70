//! The way of a call: which server it is for, and whether what it calls there was approved.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use mcp_wire::completion::{self, Reference};
use mcp_wire::{Envelope, WireError};
use registry_domain::caller::{Caller, Permit};
use registry_domain::federation::{FederatedName, FederatedUri, ServerRef};
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::{CollectionEntry, RouteRefusal, RoutingTable, ServerEntry};

use crate::record::Pending;
use crate::request::{Request, Route};

/// What a call may reach at the door that it came in by.
#[derive(Debug, Clone)]
pub(crate) enum Here {
    /// All servers that the caller may use.
    All,
    /// What a collection has of them.
    Collection(Arc<CollectionEntry>),
    /// One server, its names unchanged.
    Server(Permit<Arc<ServerEntry>>),
}

impl Here {
    /// Whether a server offers this to the caller, here.
    fn finds(
        &self,
        server: &ServerEntry,
        caller: &Caller,
        kind: DefinitionKind,
        name: &str,
    ) -> bool {
        match self {
            Self::All | Self::Server(_) => {
                server.offered_to(Some(caller)).find(kind, name).is_some()
            }
            Self::Collection(collection) => collection
                .select(server, caller)
                .is_some_and(|selection| selection.find(kind, name).is_some()),
        }
    }

    fn finds_resource(&self, server: &ServerEntry, caller: &Caller, uri: &str) -> bool {
        match self {
            Self::All | Self::Server(_) => server.offered_to(Some(caller)).offers_resource(uri),
            Self::Collection(collection) => collection
                .select(server, caller)
                .is_some_and(|selection| selection.offers_resource(uri)),
        }
    }

    const fn is_federated(&self) -> bool {
        !matches!(self, Self::Server(_))
    }
}

/// What a call of a name or an address comes down to: the server, and what it calls it.
type Found<'a> = (Permit<Arc<ServerEntry>>, Cow<'a, str>);

/// Finds the server of a call, and makes sure that what is called was approved.
pub(crate) fn route<'a>(
    table: &RoutingTable,
    caller: &Caller,
    request: &'a Request<'a>,
    here: Here,
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    let is_federated = here.is_federated();
    match (request.method, here) {
        ("tools/call", here) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            record.tool(name);
            let what = (DefinitionKind::Tool, name);
            let (server, own) = named(table, caller, &here, what, record)?;
            let renamed = (own != name).then_some(own);
            Ok(Route { renamed, is_federated, ..Route::straight(server) })
        }
        ("prompts/get", here) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            let what = (DefinitionKind::Prompt, name);
            let (server, own) = named(table, caller, &here, what, record)?;
            let renamed = (own != name).then_some(own);
            Ok(Route { renamed, is_federated, ..Route::straight(server) })
        }
        ("resources/read", here) => {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            let (server, own) = located(table, caller, &here, uri, record)?;
            let offers = here.finds_resource(server.of(), caller, &own);
            let relocated = (own != uri).then_some(own);
            if offers {
                Ok(Route { relocated, is_federated, ..Route::straight(server) })
            } else {
                Err(unknown("resource", uri))
            }
        }
        ("completion/complete", here) => completed(table, caller, request, &here, record),
        // The next two are of a session, so they need one.
        ("resources/subscribe" | "resources/unsubscribe", here @ (Here::Server(_) | Here::All))
            if request.session.is_some() =>
        {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            let (server, own) = located(table, caller, &here, uri, record)?;
            let offers = here.finds_resource(server.of(), caller, &own);
            let relocated = (own != uri).then_some(own);
            if offers {
                Ok(Route { relocated, ..Route::straight(server) })
            } else {
                Err(unknown("resource", uri))
            }
        }
        ("logging/setLevel", Here::Server(server)) if request.session.is_some() => {
            Ok(Route::straight(server))
        }
        _ => Err(WireError::unknown_method(request.method, request.front.era)),
    }
}

/// The way to a tool or a prompt.
fn named<'a>(
    table: &RoutingTable,
    caller: &Caller,
    here: &Here,
    (kind, name): (DefinitionKind, &'a str),
    record: &mut Pending,
) -> Result<Found<'a>, WireError> {
    let unknown = || unknown(kind.as_str(), name);
    let (server, own): Found<'a> = match here {
        Here::Server(permit) => (permit.clone(), Cow::Borrowed(name)),
        Here::All => by_alias(table, caller, name, unknown)?,
        Here::Collection(collection) => match collection.renamed(name) {
            Some((server, tool)) if kind == DefinitionKind::Tool => {
                let found = table.visible(caller, server);
                let server =
                    found.map_err(|refusal| refused(refusal, &collection.name, unknown))?;
                (server, Cow::Owned(tool.to_owned()))
            }
            _ => {
                let (server, own) = by_alias(table, caller, name, unknown)?;
                let selection = collection.select(server.of(), caller);
                let choice = selection.and_then(|selection| selection.choice(&own));
                // What has another name here is not known by its usual one.
                let is_renamed = choice.is_some_and(|choice| choice.name.is_some());
                if kind == DefinitionKind::Tool && is_renamed {
                    return Err(unknown());
                }
                (server, own)
            }
        },
    };
    record.server(server.of().id);
    if here.finds(server.of(), caller, kind, &own) { Ok((server, own)) } else { Err(unknown()) }
}

fn by_alias<'a>(
    table: &RoutingTable,
    caller: &Caller,
    name: &'a str,
    unknown: impl Fn() -> WireError,
) -> Result<Found<'a>, WireError> {
    let parts = FederatedName::split(name).ok_or_else(&unknown)?;
    let reference = ServerRef { tenant: parts.tenant, alias: parts.alias };
    Ok((resolved(table, caller, reference, unknown)?, Cow::Borrowed(parts.name)))
}

/// The way to a resource, or to a template of resources; not yet whether it was approved.
fn located<'a>(
    table: &RoutingTable,
    caller: &Caller,
    here: &Here,
    uri: &'a str,
    record: &mut Pending,
) -> Result<Found<'a>, WireError> {
    let unknown = || unknown("resource", uri);
    let (server, own) = if let Here::Server(permit) = here {
        (permit.clone(), Cow::Borrowed(uri))
    } else {
        let FederatedUri { server, uri } = FederatedUri::split(uri).ok_or_else(unknown)?;
        (resolved(table, caller, server, unknown)?, uri)
    };
    record.server(server.of().id);
    Ok((server, own))
}

/// The way to what completes an argument of a prompt, or a variable of a template.
fn completed<'a>(
    table: &RoutingTable,
    caller: &Caller,
    request: &'a Request<'a>,
    here: &Here,
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    let body = &request.inbound.body;
    let params = Envelope::parse(body)?.params;
    let (server, reworded) = match completion::reference(params)? {
        Reference::Prompt(name) => {
            let what = (DefinitionKind::Prompt, &*name);
            let (server, own) = named(table, caller, here, what, record)?;
            (server, reworded(body, params, (&name, &own))?)
        }
        Reference::Resource(uri) => {
            let (server, own) = located(table, caller, here, &uri, record)?;
            let kind = DefinitionKind::ResourceTemplate;
            let is_offered = here.finds(server.of(), caller, kind, &own)
                || here.finds_resource(server.of(), caller, &own);
            if !is_offered {
                return Err(unknown("resource", &uri));
            }
            (server, reworded(body, params, (&uri, &own))?)
        }
    };
    Ok(Route { reworded, ..Route::straight(server) })
}

/// The message about what its server calls `own`, where that is not what the client calls it.
fn reworded(
    body: &Bytes,
    params: Option<&serde_json::value::RawValue>,
    (name, own): (&str, &str),
) -> Result<Option<Bytes>, WireError> {
    if name == own {
        return Ok(None);
    }
    let words = || WireError::invalid_params("params.ref could be read in two ways");
    completion::refer_to(body, params, own).map(Some).ok_or_else(words)
}

pub(crate) fn resolved(
    table: &RoutingTable,
    caller: &Caller,
    reference: ServerRef<'_>,
    unknown: impl Fn() -> WireError,
) -> Result<Permit<Arc<ServerEntry>>, WireError> {
    let found = table.resolve(caller, reference);
    found.map_err(|refusal| refused(refusal, reference.alias, unknown))
}

fn refused(refusal: RouteRefusal, server: &str, unknown: impl Fn() -> WireError) -> WireError {
    match refusal {
        RouteRefusal::Unknown => unknown(),
        RouteRefusal::InMaintenance => in_maintenance(server),
    }
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
