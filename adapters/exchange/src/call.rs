//! The order of things for one client call: understand → resolve → permit → forward → relay →
//! record. (The app has authenticated and limited it before.)

use std::sync::Arc;

use mcp_wire::front::Front;
use mcp_wire::params::CallParams;
use mcp_wire::revision::Era;
use mcp_wire::{Envelope, MessageKind, WireError};
use registry_domain::caller::Permit;
use registry_domain::federation::{FederatedName, ServerRef};
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::{RouteRefusal, RoutingTable, ServerEntry};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::record::{Outcome, Pending};
use crate::request::{Call, Request, Route};
use crate::{forward, lists, local, relay};

/// Answers one client call.
pub(crate) async fn call(exchange: &Exchange, inbound: Inbound) -> Answer {
    let envelope = match Envelope::parse(&inbound.body) {
        Ok(envelope) => envelope,
        Err(error) => return Answer::refused(&error, "null"),
    };
    let id_json = envelope.id_json();
    match envelope.kind() {
        // Nothing of ours asks a client anything yet, so no response is waited for; a notification
        // needs no answer. Both are taken, as every revision demands.
        MessageKind::Response | MessageKind::Notification => return Answer::accepted(),
        MessageKind::Request => {}
    }
    let Some(method) = envelope.method.as_deref() else {
        return Answer::refused(&WireError::invalid("method is missing"), id_json);
    };
    let params = match CallParams::parse(envelope.params) {
        Ok(params) => params,
        Err(error) => return Answer::refused(&error, id_json),
    };
    let front = match Front::of(&inbound.headers.front(), &envelope, &params) {
        Ok(front) => front,
        Err(error) => return Answer::refused(&error, id_json),
    };
    if !exchange.spool.has_room() {
        let error = WireError::unavailable(
            "operations cannot be recorded right now, so none is begun; try again later",
        );
        return Answer::refused(&error, id_json);
    }
    let arguments = params.arguments.map(serde_json::value::RawValue::get);
    let mut record =
        Pending::begin(exchange, &inbound.caller, method, &inbound.request_id, arguments);
    let request = Request { inbound: &inbound, params: &params, method, front, id_json };
    match answer(exchange, &request, &mut record) {
        Ok(Next::Answer(answer)) => {
            record.finish(Outcome::Success);
            answer
        }
        Ok(Next::Forward(route)) => {
            forwarded(Call { exchange, request: &request, route: &route }, record).await
        }
        Err(error) => {
            record.finish(Outcome::failure(error.word, error.message.clone()));
            Answer::refused(&error, id_json)
        }
    }
}

enum Next<'a> {
    Answer(Answer),
    Forward(Route<'a>),
}

/// Answers what we answer ourselves, and finds the way for the rest.
fn answer<'a>(
    exchange: &Exchange,
    request: &'a Request<'a>,
    record: &mut Pending,
) -> Result<Next<'a>, WireError> {
    let table = exchange.routes.now();
    let caller = &*request.inbound.caller;
    let here = match &request.inbound.door {
        Door::Federated => None,
        Door::Server(server) => {
            let permit =
                table.resolve(caller, ServerRef::split(server)).map_err(
                    |refusal| match refusal {
                        RouteRefusal::Unknown => WireError::unknown_server(server),
                        RouteRefusal::InMaintenance => in_maintenance(server),
                    },
                )?;
            record.server(permit.of().id);
            Some(permit)
        }
    };
    let server = here.as_ref().map(Permit::of);
    let era = request.front.era;
    let local = match (request.method, era) {
        ("initialize", Era::Legacy) => {
            local::initialize(exchange, request.id_json, request.front.revision, server)
        }
        ("server/discover", Era::Modern) => local::discover(exchange, request.id_json, server),
        ("ping", Era::Legacy) => local::ping(exchange, request.id_json),
        (method, _) => match (lists::listed_by(method), server) {
            (Some(listed), Some(server)) => lists::of_server(exchange, request, listed, server)?,
            (Some(listed), None) => lists::federated(exchange, request, listed, &table)?,
            (None, _) => return route(&table, request, here, record).map(Next::Forward),
        },
    };
    Ok(Next::Answer(local))
}

/// Finds the server of a call, and makes sure that what is called was approved.
fn route<'a>(
    table: &RoutingTable,
    request: &'a Request<'a>,
    here: Option<Permit<Arc<ServerEntry>>>,
    record: &mut Pending,
) -> Result<Route<'a>, WireError> {
    let unknown_method = || WireError::unknown_method(request.method, request.front.era);
    match (request.method, here) {
        ("tools/call", here) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            record.tool(name);
            let unknown = || {
                WireError::invalid_params(format!(
                    "unknown tool: \"{}\"",
                    mcp_wire::error::echo(name)
                ))
            };
            let (server, upstream_name) = if let Some(permit) = here {
                (permit, name)
            } else {
                let parts = FederatedName::split(name).ok_or_else(unknown)?;
                let reference = ServerRef { tenant: parts.tenant, alias: parts.alias };
                let caller = &*request.inbound.caller;
                let permit = table.resolve(caller, reference).map_err(|refusal| match refusal {
                    RouteRefusal::Unknown => unknown(),
                    RouteRefusal::InMaintenance => in_maintenance(parts.alias),
                })?;
                (permit, parts.name)
            };
            record.server(server.of().id);
            if server.of().find(DefinitionKind::Tool, upstream_name).is_none() {
                return Err(unknown());
            }
            Ok(Route { server, renamed: (upstream_name != name).then_some(upstream_name) })
        }
        ("prompts/get", Some(server)) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            if server.of().find(DefinitionKind::Prompt, name).is_none() {
                let shown = mcp_wire::error::echo(name);
                return Err(WireError::invalid_params(format!("unknown prompt: \"{shown}\"")));
            }
            Ok(Route { server, renamed: None })
        }
        ("resources/read", Some(server)) => {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            if !server.of().offers_resource(uri) {
                let shown = mcp_wire::error::echo(uri);
                return Err(WireError::invalid_params(format!("unknown resource: \"{shown}\"")));
            }
            Ok(Route { server, renamed: None })
        }
        ("completion/complete", Some(server)) => Ok(Route { server, renamed: None }),
        _ => Err(unknown_method()),
    }
}

fn required<'a>(value: Option<&'a str>, field: &str) -> Result<&'a str, WireError> {
    value.ok_or_else(|| WireError::invalid_params(format!("{field} is required")))
}

fn in_maintenance(server: &str) -> WireError {
    let shown = mcp_wire::error::echo(server);
    let message = format!("the server \"{shown}\" is in maintenance; try again later");
    WireError::upstream("SERVER_UNAVAILABLE", message)
}

/// Sends the call to its upstream and makes its answer the client's.
async fn forwarded(call: Call<'_>, record: Pending) -> Answer {
    match forward::send(call).await {
        Ok(sent) => relay::relay(call, sent, record).await,
        Err(failure) => call.failed(&failure, record),
    }
}
