//! The order of things for one client call: understand → resolve → permit → forward → relay →
//! record. (The app has authenticated and limited it before.) Where the client names no server,
//! `proxy.rs` chooses one.

use std::sync::Arc;

use mcp_wire::front::Front;
use mcp_wire::params::CallParams;
use mcp_wire::revision::{Era, Revision};
use mcp_wire::{Envelope, MessageKind, WireError};
use registry_domain::caller::{Caller, Permit};
use registry_domain::federation::{FederatedName, ServerRef};
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::{RouteRefusal, RoutingTable, ServerEntry};

use crate::answer::Answer;
use crate::attempt::{attempt, begin};
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::local::Offer;
use crate::record::{Outcome, Pending};
use crate::request::{Call, Request, Route};
use crate::vitals::Attempt;
use crate::{lists, local, proxy};

/// A call may come through so many gateways before this one; more is a circle, in which one call
/// would use up all connections.
const MOST_HOPS: u8 = 3;

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
    let (params, front) = match understood(&inbound, &envelope) {
        Ok(understood) => understood,
        Err(error) => return Answer::refused(&error, id_json),
    };
    if inbound.headers.hops >= MOST_HOPS {
        let words =
            "the call has come through too many gateways: a server's address leads back here";
        return Answer::refused(&WireError::upstream("PROXY_ERROR", words), id_json);
    }
    if !exchange.spool.has_room() {
        let error = WireError::unavailable(
            "operations cannot be recorded right now, so none is begun; try again later",
        );
        return Answer::refused(&error, id_json);
    }
    let arguments = params.arguments.map(serde_json::value::RawValue::get);
    let mut record =
        Pending::begin(exchange, &inbound.party, method, &inbound.request_id, arguments);
    let request = Request { inbound: &inbound, params: &params, method, front, id_json };
    if let Door::Any(wants) = &inbound.door {
        return proxy::answer(exchange, &request, wants, record).await;
    }
    match answer(exchange, &request, &mut record) {
        Ok(Next::Answer(answer)) => {
            record.finish(Outcome::Success);
            answer
        }
        Ok(Next::Forward(route)) => forwarded(exchange, &request, &route, record).await,
        Err(error) => {
            record.finish(Outcome::failure(error.word, error.message.clone()));
            Answer::refused(&error, id_json)
        }
    }
}

/// Reads what the message says beside its envelope.
fn understood<'a>(
    inbound: &Inbound,
    envelope: &Envelope<'a>,
) -> Result<(CallParams<'a>, Front), WireError> {
    let Door::Any(wants) = &inbound.door else {
        let params = CallParams::parse(envelope.params)?;
        let front = Front::of(&inbound.headers.front(), envelope, &params)?;
        return Ok((params, front));
    };
    // JSON-RPC allows an array: it says nothing that we read, and is passed on as it is.
    let is_array = envelope.params.is_some_and(|params| params.get().starts_with('['));
    let params = CallParams::parse(envelope.params.filter(|_| !is_array))?;
    let front = if wants.wrapped {
        Front { era: Era::Legacy, revision: Revision::V2025_11_25 }
    } else {
        Front::of(&inbound.headers.front(), envelope, &params)?
    };
    Ok((params, front))
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
    // The gateway's app lets no stranger in.
    let Some(caller) = request.inbound.party.caller() else {
        return Err(WireError::unknown_server(""));
    };
    let here = match &request.inbound.door {
        Door::Federated | Door::Any(_) => None,
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
    let offered = server.map(|server| (server, caller));
    let era = request.front.era;
    let local = match (request.method, era) {
        ("initialize", Era::Legacy) => {
            local::initialize(exchange, request.id_json, request.front.revision, Offer::of(offered))
        }
        ("server/discover", Era::Modern) => {
            local::discover(exchange, request.id_json, Offer::of(offered))
        }
        ("ping", Era::Legacy) => local::ping(exchange, request.id_json),
        (method, _) => match (lists::listed_by(method), server) {
            (Some(listed), Some(server)) => {
                lists::of_server(exchange, request, listed, server.offered_to(Some(caller)))?
            }
            (Some(listed), None) => lists::federated(exchange, request, caller, listed, &table)?,
            (None, _) => return route(&table, caller, request, here, record).map(Next::Forward),
        },
    };
    Ok(Next::Answer(local))
}

/// Finds the server of a call, and makes sure that what is called was approved.
fn route<'a>(
    table: &RoutingTable,
    caller: &Caller,
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
                let permit = table.resolve(caller, reference).map_err(|refusal| match refusal {
                    RouteRefusal::Unknown => unknown(),
                    RouteRefusal::InMaintenance => in_maintenance(parts.alias),
                })?;
                (permit, parts.name)
            };
            record.server(server.of().id);
            if server
                .of()
                .offered_to(Some(caller))
                .find(DefinitionKind::Tool, upstream_name)
                .is_none()
            {
                return Err(unknown());
            }
            Ok(Route { server, renamed: (upstream_name != name).then_some(upstream_name) })
        }
        ("prompts/get", Some(server)) => {
            let name = required(request.params.name.as_deref(), "params.name")?;
            if server.of().offered_to(Some(caller)).find(DefinitionKind::Prompt, name).is_none() {
                let shown = mcp_wire::error::echo(name);
                return Err(WireError::invalid_params(format!("unknown prompt: \"{shown}\"")));
            }
            Ok(Route { server, renamed: None })
        }
        ("resources/read", Some(server)) => {
            let uri = required(request.params.uri.as_deref(), "params.uri")?;
            if !server.of().offered_to(Some(caller)).offers_resource(uri) {
                let shown = mcp_wire::error::echo(uri);
                return Err(WireError::invalid_params(format!("unknown resource: \"{shown}\"")));
            }
            Ok(Route { server, renamed: None })
        }
        ("completion/complete", Some(server)) => Ok(Route { server, renamed: None }),
        _ => Err(unknown_method()),
    }
}

pub(crate) fn required<'a>(value: Option<&'a str>, field: &str) -> Result<&'a str, WireError> {
    value.ok_or_else(|| WireError::invalid_params(format!("{field} is required")))
}

fn in_maintenance(server: &str) -> WireError {
    let shown = mcp_wire::error::echo(server);
    let message = format!("the server \"{shown}\" is in maintenance; try again later");
    WireError::upstream("SERVER_UNAVAILABLE", message)
}

/// Asks the server that the call names, unless its breaker is open.
async fn forwarded(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    mut record: Pending,
) -> Answer {
    let server = route.server.of();
    let vitals = exchange.vitals.of(server.id, &exchange.routes.now());
    let begun = match Attempt::begin(vitals, &exchange.vitals.policies, record.started()) {
        Ok(begun) => begun,
        Err(refused) => {
            let error = WireError::circuit_open(format!(
                "the server \"{}\" failed several times in a row; try again later",
                mcp_wire::error::echo(&server.name)
            ));
            record.finish(Outcome::failure(error.word, error.message.clone()));
            let answer = Answer::refused(&error, request.id_json);
            return Answer { retry_after: Some(refused.retry_after), ..answer };
        }
    };
    let active = begin(exchange, request, &mut record);
    let call = Call {
        exchange,
        request,
        route,
        patience: exchange.settings.request_timeout,
        deadline: None,
        may_stream: request.inbound.headers.accepts_event_stream,
    };
    match attempt(call, &active, begun, record).await {
        Ok(answer) => answer,
        Err(failed) => call.failed(failed),
    }
}
