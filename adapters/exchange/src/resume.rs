//! A modern client that comes back with what a server asked it for.
//!
//! Its call names the exchange that waits for it (`parked.rs`): the answer goes to the server as the
//! response to its question, and the rest of the server's stream is the answer to this call.

use std::sync::Arc;

use mcp_wire::asking::{self, InputResponse, input_response};
use mcp_wire::params::CallParams;
use mcp_wire::revision::Era;
use mcp_wire::{Envelope, WireError};
use registry_domain::ports::{ReplicaId, UpstreamEra};

use crate::answer::Answer;
use crate::asked;
use crate::attempt::begin;
use crate::credentials;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::interrupt::Interrupt;
use crate::parked::{Bound, Parked};
use crate::record::{Outcome, Pending};
use crate::relay;
use crate::request::{Call, Request, Route};
use crate::teller::Teller;

/// The other replica that holds the exchange that a call comes back for.
pub(crate) fn elsewhere(
    exchange: &Exchange,
    inbound: &Inbound,
    params: &CallParams<'_>,
    era: Era,
) -> Option<ReplicaId> {
    let state = params.request_state.as_deref().filter(|_| era == Era::Modern)?;
    let parking = exchange.parking.as_ref().filter(|_| !matches!(inbound.door, Door::Any(_)))?;
    parking.elsewhere(state, &inbound.party.principal())
}

/// The exchange that a call with `requestState` comes back for; `None` where the state is the
/// server's own, because it speaks to us as the client does.
///
/// # Errors
/// As [`crate::parked::Parking::take`].
pub(crate) async fn parked(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
) -> Result<Option<Parked>, WireError> {
    let Some(state) = request.params.request_state.as_deref() else { return Ok(None) };
    let (server, party) = (route.server.of(), &request.inbound.party);
    match credentials::opened(request, exchange, server).await {
        Ok(upstream) if upstream.era == UpstreamEra::Legacy => {}
        // One that cannot be opened fails the call where any other would fail.
        Ok(_) | Err(_) => return Ok(None),
    }
    let foreign = || {
        WireError::invalid_params("params.requestState is not one that was given for this server")
    };
    let parking = exchange.parking.as_ref().ok_or_else(foreign)?;
    let bound = Bound::of(party, server.id, &request.inbound.body).ok_or_else(foreign)?;
    parking.take(state, &bound, exchange.ports.clock.now()).map(Some)
}

/// Goes on with an exchange. A call that brings no answer is asked once more.
pub(crate) async fn resume(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
    parked: Parked,
    mut record: Pending,
) -> Answer {
    let active = begin(exchange, request, &mut record);
    exchange.active.asks(&active, route.server.of());
    let call = Call {
        exchange,
        request,
        route,
        patience: exchange.settings.request_timeout,
        deadline: None,
        may_stream: request.inbound.headers.accepts_event_stream,
    };
    let params = Envelope::parse(&request.inbound.body).ok().and_then(|envelope| envelope.params);
    let body = match input_response(params, parked.question.key()) {
        InputResponse::Given(answer) => asking::response(parked.question.id_json(), answer),
        InputResponse::Missing => return again(call, parked, record),
        InputResponse::Malformed => {
            let words =
                format!("params.inputResponses.{} must be an object", parked.question.key());
            let error = WireError::invalid_params(words);
            record.finish(Outcome::failure(error.word, error.message.clone()));
            return Answer::refused(&error, request.id_json);
        }
    };
    let Parked { server, notice, exchange: waiting, .. } = parked;
    if let Some(notice) = notice.take() {
        record.tells(notice);
    }
    let opened = (&*waiting.upstream, waiting.credential.clone());
    if let Err(error) = asked::deliver(exchange, &server, opened, body).await {
        return Answer::json(200, Teller::of(call).refuse(&error, &mut record));
    }
    let guard = Interrupt::of(&active, None);
    match relay::resume(call, waiting, guard, record).await {
        Ok(answer) => answer,
        Err(failed) => call.failed(failed),
    }
}

/// Asks for the same again: the client was to bring the answer, and did not.
fn again(call: Call<'_>, parked: Parked, mut record: Pending) -> Answer {
    let Call { exchange, request, .. } = call;
    let (question, ports) = (parked.question.clone(), &exchange.ports);
    let kept = exchange
        .parking
        .as_ref()
        .map(|parking| Arc::clone(parking).keep(parked, ports.ids.as_ref(), ports.clock.now()));
    let told = kept.and_then(Result::ok).and_then(|state| {
        let this = exchange.settings.implementation();
        asking::input_required(request.id_json, &question, &state, this)
    });
    if let Some(message) = told {
        record.finish(Outcome::Success);
        return Answer::json(200, message);
    }
    let error = WireError::upstream("PROXY_ERROR", "the server's question cannot be asked");
    Answer::json(200, Teller::of(call).refuse(&error, &mut record))
}
