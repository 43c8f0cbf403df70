//! Lists, from the approved snapshot: an upstream that is slow or gone never delays one, and what
//! was not approved is never shown.

use bytes::Bytes;
use mcp_wire::WireError;
use mcp_wire::definition::{
    describe_definition, relocate_definition, relocate_ui, rename_definition,
};
use mcp_wire::message;
use registry_domain::caller::Caller;
use registry_domain::collection::ToolChoice;
use registry_domain::federation::{federated_name, federated_uri};
use registry_domain::id::TenantId;
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::routing::{CollectionEntry, RoutingTable, Selection, ServerEntry};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::own_tools;
use crate::pages::{self, View};
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

/// One entry of a list, before it is told.
enum Entry<'a> {
    /// What the gateway offers itself.
    Own(Bytes),
    /// A server's, as it was approved.
    Approved(&'a ServerEntry, &'a Definition),
    /// A server's tool, under what a collection calls it.
    Chosen(&'a ServerEntry, &'a Definition, &'a ToolChoice),
}

impl Entry<'_> {
    fn size(&self) -> usize {
        match self {
            Self::Own(raw) => raw.len(),
            Self::Approved(_, definition) | Self::Chosen(_, definition, _) => definition.raw.len(),
        }
    }

    fn note(&self, view: &mut View) {
        match self {
            Self::Own(raw) => view.note(raw),
            Self::Approved(server, definition) | Self::Chosen(server, definition, _) => {
                view.note(server.id.0.as_bytes());
                view.note(server.alias.as_str().as_bytes());
                view.note(definition.digest.as_bytes());
            }
        }
    }
}

/// A server's own list, byte for byte as it was approved, of what the caller may use.
///
/// # Errors
/// -32602 for a cursor that is not of this list.
pub(crate) fn of_server(
    exchange: &Exchange,
    request: &Request<'_>,
    (kind, member): (DefinitionKind, &str),
    server: &ServerEntry,
    caller: &Caller,
) -> Result<Answer, WireError> {
    let entries: Vec<Entry<'_>> = server
        .offered_to(Some(caller))
        .definitions(kind)
        .map(|definition| Entry::Approved(server, definition))
        .collect();
    let entries = Told { entries: &entries, version: b"" };
    listed(exchange, request, member, entries, |_, definition| Some(definition.raw.clone()))
}

/// What the gateway offers itself, then the same of all servers that the caller may use, names and
/// URIs prefixed, ordered by tenant, alias, and then as each upstream orders them.
///
/// # Errors
/// -32602 for a cursor that is not of this list.
pub(crate) fn federated(
    exchange: &Exchange,
    request: &Request<'_>,
    caller: &Caller,
    (kind, member): (DefinitionKind, &str),
    table: &RoutingTable,
) -> Result<Answer, WireError> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    if kind == DefinitionKind::Resource && exchange.own_tools.is_some() {
        entries.extend(own_tools::resources_for(caller).map(Entry::Own));
    }
    if kind == DefinitionKind::Tool && exchange.own_tools.is_some() {
        entries.extend(own_tools::definitions_for(caller).map(Entry::Own));
    }
    for server in table.visible_to(caller).filter(|server| !server.in_maintenance) {
        let offered = server.offered_to(Some(caller)).definitions(kind);
        entries.extend(offered.map(|definition| Entry::Approved(server, definition)));
    }
    let entries = Told { entries: &entries, version: b"" };
    listed(exchange, request, member, entries, |server, definition| {
        prefixed(server, caller, definition)
    })
}

/// What a collection has of the servers that the caller may use, in its order: names and URIs as
/// [`federated`] tells them, but for tools that it gives others.
///
/// # Errors
/// -32602 for a cursor that is not of this list.
pub(crate) fn of_collection(
    exchange: &Exchange,
    request: &Request<'_>,
    caller: &Caller,
    (kind, member): (DefinitionKind, &str),
    (collection, table): (&CollectionEntry, &RoutingTable),
) -> Result<Answer, WireError> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (server, selection) in selections(collection, caller, table) {
        entries.extend(selection.definitions(kind).map(|definition| {
            match selection.choice(&definition.name).filter(|_| kind == DefinitionKind::Tool) {
                Some(choice) => Entry::Chosen(server, definition, choice),
                None => Entry::Approved(server, definition),
            }
        }));
    }
    // What tools are called there is no part of their definitions.
    let version = collection.revision.0.to_be_bytes();
    let entries = Told { entries: &entries, version: &version };
    listed(exchange, request, member, entries, |server, definition| {
        prefixed(server, caller, definition)
    })
}

/// What a collection has of each server that the caller may use and that is in rotation.
pub(crate) fn selections<'a>(
    collection: &'a CollectionEntry,
    caller: &'a Caller,
    table: &'a RoutingTable,
) -> impl Iterator<Item = (&'a ServerEntry, Selection<'a>)> {
    collection.servers().filter_map(move |id| {
        let server = table.by_id(id)?;
        // The one rule that says so is asked; its permit is for calls.
        table.visible(caller, id).ok()?;
        Some((&**server, collection.select(server, caller)?))
    })
}

/// A server's definition as it is told beside those of other servers.
fn prefixed(server: &ServerEntry, caller: &Caller, definition: &Definition) -> Option<Bytes> {
    let foreign = foreign_tenant(server, caller);
    let (raw, name) = (&definition.raw, &definition.name);
    let relocated =
        |member| relocate_definition(raw, member, &federated_uri(&server.alias, name, foreign)?);
    match definition.kind {
        DefinitionKind::Tool => {
            let named = rename_definition(raw, &federated_name(&server.alias, name, foreign))?;
            Some(relocate_ui(named, |uri| federated_uri(&server.alias, uri, foreign)))
        }
        DefinitionKind::Prompt => {
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

/// A tool as a collection tells it.
fn chosen(
    server: &ServerEntry,
    definition: &Definition,
    choice: &ToolChoice,
    told: &impl Fn(&ServerEntry, &Definition) -> Option<Bytes>,
) -> Option<Bytes> {
    let usual = told(server, definition)?;
    let named = match &choice.name {
        Some(name) => rename_definition(&usual, name)?,
        None => usual,
    };
    match &choice.description {
        Some(description) => describe_definition(&named, description),
        None => Some(named),
    }
}

/// A list before it is cut into pages.
struct Told<'l, 'a> {
    entries: &'l [Entry<'a>],
    /// Of what else it is made, beside the definitions.
    version: &'l [u8],
}

/// Tells the page that was asked for. `told` makes what a client sees of a server's definition, and
/// is asked about the entries of this page alone; what it makes nothing of is left out.
fn listed(
    exchange: &Exchange,
    request: &Request<'_>,
    member: &str,
    Told { entries, version }: Told<'_, '_>,
    told: impl Fn(&ServerEntry, &Definition) -> Option<Bytes>,
) -> Result<Answer, WireError> {
    let sizes: Vec<usize> = entries.iter().map(Entry::size).collect();
    let view = || {
        let mut view = View::new();
        view.note(version);
        for entry in entries {
            entry.note(&mut view);
        }
        view
    };
    let page = pages::page(exchange, request, &sizes, view)?;
    let items = entries.get(page.from..page.to).unwrap_or_default().iter();
    let items = items.filter_map(|entry| match entry {
        Entry::Own(raw) => Some(raw.clone()),
        Entry::Approved(server, definition) => told(server, definition),
        Entry::Chosen(server, definition, choice) => chosen(server, definition, choice, &told),
    });
    let this = exchange.settings.implementation();
    let (id, era, next) = (request.id_json, request.front.era, page.next.as_deref());
    Ok(Answer::json(200, message::list_result(id, era, member, items, next, TTL_MS, this)))
}
