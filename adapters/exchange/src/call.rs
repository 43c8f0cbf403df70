//! The order of things for one client call: understand → resolve → permit → forward → relay →
//! record. (The app has authenticated and limited it before.) Where the client names no server,
//! `proxy.rs` chooses one.
//!
//! A call's future is as large as the largest of what it may wait for, and is moved and given
//! memory for each call: the ways that few calls take are boxed, so that the usual one stays small.

use std::sync::Arc;

use mcp_wire::front::Front;
use mcp_wire::params::CallParams;
use mcp_wire::revision::{Era, Revision};
use mcp_wire::{Envelope, MessageKind, WireError};
use registry_domain::federation::ServerRef;

use crate::answer::Answer;
use crate::attempt::{attempt, begin};
use crate::client_sessions::ClientSession;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::local::Offer;
use crate::own_tools::{self, Own, OwnTool, OwnTools};
use crate::record::{Outcome, Pending};
use crate::replicas::{self, Via};
use crate::request::{Call, Request, Route};
use crate::vitals::Attempt;
use crate::way::Here;
use crate::{asked, listen, lists, local, proxy, resume, subscribe, way};

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
        MessageKind::Response => {
            return Box::pin(responded(exchange, &inbound, &envelope)).await;
        }
        MessageKind::Notification => {
            return Box::pin(notified(exchange, &inbound, &envelope)).await;
        }
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
    let session = match session(exchange, &inbound, front.era, method).await {
        Ok(session) => session,
        Err(error) => return Answer::refused(&error, id_json),
    };
    if let Some(home) = resume::elsewhere(exchange, &inbound, &params, front.era) {
        let words = "the exchange waited in a replica of the gateway that is gone, and ended with it: call again without requestState";
        let gone = WireError::upstream("SERVER_UNAVAILABLE", words);
        return replicas::hand(exchange, home, Via::Call, &inbound, (id_json, gone)).await;
    }
    if !exchange.spool.has_room() {
        let error = WireError::unavailable(
            "operations cannot be recorded right now, so none is begun; try again later",
        );
        return Answer::refused(&error, id_json);
    }
    let arguments = params.arguments.map(serde_json::value::RawValue::get);
    let mut record = Pending::begin(exchange, &inbound, method, arguments);
    let request = Request { inbound: &inbound, params: &params, method, front, id_json, session };
    if let Door::Any(wants) = &inbound.door {
        return Box::pin(proxy::answer(exchange, &request, wants, record)).await;
    }
    match answer(exchange, &request, &mut record) {
        Ok(Next::Answer(answer)) => {
            record.finish(Outcome::Success);
            if method == "initialize" {
                Box::pin(begun(exchange, &inbound, &envelope, front.revision, answer)).await
            } else {
                answer
            }
        }
        Ok(Next::Own(tools, own)) => {
            Box::pin(own_tools::answer(exchange, &tools, &request, own, record)).await
        }
        Ok(Next::Forward(route)) => forwarded(exchange, &request, &route, record).await,
        Err(error) => {
            record.finish(Outcome::failure(error.word, error.message.clone()));
            Answer::refused(&error, id_json)
        }
    }
}

/// The session that a request names. What needs none, or begins one, has none.
async fn session(
    exchange: &Exchange,
    inbound: &Inbound,
    era: Era,
    method: &str,
) -> Result<Option<Arc<ClientSession>>, WireError> {
    let (Some(id), Some(sessions)) = (&inbound.headers.session, &exchange.client_sessions) else {
        return Ok(None);
    };
    if era == Era::Modern || method == "initialize" || matches!(inbound.door, Door::Any(_)) {
        return Ok(None);
    }
    sessions.find(id, &inbound.party, exchange.ports.clock.now()).await.map(Some)
}

/// Takes a notification: it needs no answer, and is taken, as every revision demands. The end of
/// a connection says nothing in the revisions with a handshake, so that a call of a session is
/// cancelled by this alone.
async fn notified(exchange: &Exchange, inbound: &Inbound, notification: &Envelope<'_>) -> Answer {
    if notification.method.as_deref() == Some("notifications/cancelled")
        && let Some(id_json) = mcp_wire::heard::cancelled(notification.params)
    {
        match session(exchange, inbound, Era::Legacy, "").await {
            Ok(Some(session)) => {
                let is_here = exchange.active.cancel_in_session(&session.id, id_json);
                if let Some(replicas) = exchange.replicas.as_ref().filter(|_| !is_here) {
                    replicas.cancelled(&session.id, id_json).await;
                }
            }
            Ok(None) => {}
            Err(error) => return Answer::refused(&error, "null"),
        }
    }
    Answer::accepted()
}

/// Takes a client's response to whoever asked.
async fn responded(exchange: &Exchange, inbound: &Inbound, response: &Envelope<'_>) -> Answer {
    match session(exchange, inbound, Era::Legacy, "").await {
        Ok(Some(session)) => {
            let here = exchange.active.replica();
            match asked::asked_by(response.id_json()).filter(|home| *home != here) {
                Some(home) => {
                    let words =
                        "the replica of the gateway that asked is gone, and the call with it";
                    let gone = WireError::upstream("SERVER_UNAVAILABLE", words);
                    replicas::hand(exchange, home, Via::Call, inbound, ("null", gone)).await
                }
                None => asked::answered(exchange, &session, response, &inbound.body).await,
            }
        }
        Ok(None) => Answer::accepted(),
        Err(error) => Answer::refused(&error, "null"),
    }
}

/// Begins a session with the answer to `initialize`.
async fn begun(
    exchange: &Exchange,
    inbound: &Inbound,
    envelope: &Envelope<'_>,
    revision: Revision,
    answer: Answer,
) -> Answer {
    let Some(sessions) = &exchange.client_sessions else { return answer };
    let capabilities = mcp_wire::asking::capabilities_to_tell(envelope.params, revision);
    let (ids, now) = (exchange.ports.ids.as_ref(), exchange.ports.clock.now());
    let session = sessions.begin(&inbound.party, capabilities, ids, now).await;
    Answer { session, ..answer }
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
    /// It is ours to do.
    Own(Arc<OwnTools>, Own),
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
        Door::Federated | Door::Any(_) => Here::All,
        Door::Collection(slug) => {
            let unknown = || WireError::unknown_collection(slug);
            Here::Collection(Arc::clone(table.collection(caller, slug).ok_or_else(unknown)?))
        }
        Door::Server(server) => {
            let reference = ServerRef::split(server);
            let unknown = || WireError::unknown_server(server);
            let permit = way::resolved(&table, caller, reference, unknown)?;
            record.server(permit.of().id);
            Here::Server(permit)
        }
    };
    let era = request.front.era;
    let local = match (request.method, era) {
        ("initialize", Era::Legacy) => {
            let offer = Offer::of(&here, caller, &table);
            local::initialize(exchange, request.id_json, request.front.revision, offer)
        }
        ("server/discover", Era::Modern) => {
            local::discover(exchange, request.id_json, Offer::of(&here, caller, &table))
        }
        ("subscriptions/listen", Era::Modern) => {
            listen::by_request(exchange, request.inbound, request.id_json)?
        }
        ("ping", Era::Legacy) => local::ping(exchange, request.id_json),
        (method, _) => match (lists::listed_by(method), &here) {
            (Some(listed), Here::Server(permit)) => {
                lists::of_server(exchange, request, listed, permit.of(), caller)?
            }
            (Some(listed), Here::Collection(collection)) => {
                lists::of_collection(exchange, request, caller, listed, (collection, &table))?
            }
            (Some(listed), Here::All) => {
                lists::federated(exchange, request, caller, listed, &table)?
            }
            (None, Here::All) if let Some(own) = own(exchange, request, record) => return Ok(own),
            (None, _) => {
                return way::route(&table, caller, request, here, record).map(Next::Forward);
            }
        },
    };
    Ok(Next::Answer(local))
}

/// What the gateway does itself, where that is what is called.
fn own<'a>(
    exchange: &Exchange,
    request: &'a Request<'a>,
    record: &mut Pending,
) -> Option<Next<'a>> {
    let tools = exchange.own_tools.as_ref()?;
    let own = match request.method {
        "tools/call" => {
            let name = request.params.name.as_deref()?;
            let tool = OwnTool::named(name)?;
            record.tool(name);
            Own::Tool(tool)
        }
        "resources/read" if request.params.uri.as_deref() == Some(own_tools::CONFIGURATION) => {
            Own::Configuration
        }
        _ => return None,
    };
    Some(Next::Own(Arc::clone(tools), own))
}

/// Asks the server that the call names, unless its breaker is open.
async fn forwarded(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    mut record: Pending,
) -> Answer {
    if subscribe::is_about(request.method) {
        match Box::pin(subscribe::answer(exchange, request, route)).await {
            Ok(None) => {}
            Ok(Some(answer)) => {
                record.finish(Outcome::Success);
                return answer;
            }
            Err(error) => {
                record.finish(Outcome::failure(error.word, error.message.clone()));
                return Answer::refused(&error, request.id_json);
            }
        }
    }
    if request.params.request_state.is_some() && request.front.era == Era::Modern {
        match Box::pin(resume::parked(exchange, request, route)).await {
            Ok(None) => {}
            Ok(Some(parked)) => {
                let resumed = resume::resume(exchange, request, route, parked, record);
                return Box::pin(resumed).await;
            }
            Err(error) => {
                record.finish(Outcome::failure(error.word, error.message.clone()));
                return Answer::refused(&error, request.id_json);
            }
        }
    }
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
