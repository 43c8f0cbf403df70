//! `resources/subscribe`, `resources/unsubscribe` and `logging/setLevel`, of a client in a session.
//!
//! What the client wants to hear of is noted in its session, for all replicas. A server with a handshake is told by
//! the same call. One without is told of resources by who follows it (`follow.rs`), and of the
//! level by each request; then we answer.

use mcp_wire::revision::Era;
use mcp_wire::{Envelope, WireError, logging, message};
use registry_domain::ports::UpstreamEra;

use crate::answer::Answer;
use crate::client_sessions::Change;
use crate::credentials;
use crate::exchange::Exchange;
use crate::follow::Whose;
use crate::request::{Request, Route};

/// Whether a call is about what its client wants to hear of.
pub(crate) fn is_about(method: &str) -> bool {
    matches!(method, "resources/subscribe" | "resources/unsubscribe" | "logging/setLevel")
}

/// Notes what a client wants to hear of; `None` where the call goes on to its server.
///
/// # Errors
/// -32602: the session has as many subscriptions as it may, or the level is none; 503 without the
/// session store.
pub(crate) async fn answer(
    exchange: &Exchange,
    request: &Request<'_>,
    route: &Route<'_>,
) -> Result<Option<Answer>, WireError> {
    let (Some(session), Some(sessions)) = (&request.session, &exchange.client_sessions) else {
        return Ok(None);
    };
    let (server, party) = (route.server.of(), &request.inbound.party);
    let whose = || Whose::of(server.id, party, Some(session));
    // As the server calls it.
    let uri = route.relocated.as_deref().or(request.params.uri.as_deref());
    let change = match (request.method, uri) {
        ("resources/subscribe", Some(uri)) => Change::Subscribes(server.id, uri.to_owned()),
        ("resources/unsubscribe", Some(uri)) => Change::Unsubscribes(server.id, uri.to_owned()),
        ("logging/setLevel", _) => {
            let envelope = Envelope::parse(&request.inbound.body)?;
            let level = logging::level_of(envelope.params).ok_or_else(|| {
                WireError::invalid_params("params.level must be a level such as \"info\"")
            })?;
            Change::HearsFrom(level)
        }
        _ => return Ok(None),
    };
    if !sessions.note(session, &change).await? {
        let words = "the session has as many subscriptions as it may: unsubscribe from one first";
        return Err(WireError::invalid_params(words));
    }
    match &change {
        Change::Subscribes(_, uri) => exchange.followers.want(&whose(), uri),
        Change::Unsubscribes(_, uri) => exchange.followers.unwant(&whose(), uri),
        Change::HearsFrom(_) => {}
    }
    if let Some(replicas) = &exchange.replicas {
        replicas.wants(&session.id, change).await;
    }
    match credentials::opened(request, exchange, server).await {
        Ok(upstream) if upstream.era == UpstreamEra::Modern => {
            let this = exchange.settings.implementation();
            let body = message::empty_result(request.id_json, Era::Legacy, this);
            Ok(Some(Answer::json(200, body)))
        }
        // One that cannot be opened fails the call where any other would fail.
        Ok(_) | Err(_) => Ok(None),
    }
}
