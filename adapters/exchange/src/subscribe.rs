//! `resources/subscribe` and `resources/unsubscribe`, of a client in a session.
//!
//! What the client wants to hear of is noted in its session. A server with a handshake is told by
//! the same call; one without is told by who follows it (`follow.rs`), and we answer.

use mcp_wire::WireError;
use mcp_wire::message;
use mcp_wire::revision::Era;
use registry_domain::ports::UpstreamEra;

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::follow::Whose;
use crate::request::{Request, Route};

/// Notes a subscription; `None` where the call goes on to its server.
///
/// # Errors
/// -32602: the session has as many subscriptions as it may.
pub(crate) async fn answer(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
) -> Result<Option<Answer>, WireError> {
    let begins = match request.method {
        "resources/subscribe" => true,
        "resources/unsubscribe" => false,
        _ => return Ok(None),
    };
    let (Some(session), Some(uri)) = (&request.session, request.params.uri.as_deref()) else {
        return Ok(None);
    };
    let (server, party) = (route.server.of(), &request.inbound.party);
    let whose = Whose::of(server.id, party, Some(session));
    if !begins {
        session.unsubscribes(server.id, uri);
        exchange.followers.unwant(&whose, uri);
    } else if session.subscribes(server.id, uri) {
        exchange.followers.want(&whose, uri);
    } else {
        let words = "the session has as many subscriptions as it may: unsubscribe from one first";
        return Err(WireError::invalid_params(words));
    }
    let (client, now) = (&*exchange.ports.upstream, exchange.ports.clock.now());
    let behind = request.behind(exchange);
    match exchange.sessions.open(client, server, party, behind, now).await {
        Ok(upstream) if upstream.era == UpstreamEra::Modern => {
            let this = exchange.settings.implementation();
            let body = message::empty_result(request.id_json, Era::Legacy, this);
            Ok(Some(Answer::json(200, body)))
        }
        // One that cannot be opened fails the call where any other would fail.
        Ok(_) | Err(_) => Ok(None),
    }
}
