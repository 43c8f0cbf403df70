//! Answers of our own: the handshake, discovery, and what a server may be told of itself.

use std::sync::Arc;

use mcp_wire::message::{self, Implementation};
use mcp_wire::revision::{Era, Revision};
use registry_domain::caller::Caller;
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::ServerEntry;

use crate::answer::Answer;
use crate::exchange::Exchange;

/// What all servers together can do.
const FEDERATED: &str = r#"{"tools":{"listChanged":true},"resources":{"listChanged":true},"prompts":{"listChanged":true}}"#;

/// How long a client may keep what `server/discover` said.
const DISCOVER_TTL_MS: u64 = 60_000;

/// Whose capabilities an endpoint tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offer<'a> {
    /// The gateway's, over all servers.
    Federated,
    /// One server's, to a caller.
    Server(&'a Arc<ServerEntry>, &'a Caller),
    /// Port 8000's, where any server may be chosen.
    Any,
}

impl<'a> Offer<'a> {
    /// That of a door of the gateway.
    pub(crate) fn of(server: Option<(&'a Arc<ServerEntry>, &'a Caller)>) -> Self {
        server.map_or(Self::Federated, |(server, caller)| Self::Server(server, caller))
    }
}

/// What an endpoint can do, as the JSON object that handshake and discovery carry. What is not
/// served is not advertised.
fn capabilities(offer: Offer<'_>) -> String {
    let server = match offer {
        Offer::Federated => return FEDERATED.to_owned(),
        Offer::Any => return r#"{"tools":{},"resources":{},"prompts":{}}"#.to_owned(),
        Offer::Server(server, caller) => server.offered_to(Some(caller)),
    };
    let mut members = Vec::new();
    if server.offers_any(DefinitionKind::Tool) {
        members.push(r#""tools":{"listChanged":true}"#);
    }
    if server.offers_any(DefinitionKind::Resource)
        || server.offers_any(DefinitionKind::ResourceTemplate)
    {
        members.push(r#""resources":{"subscribe":true,"listChanged":true}"#);
    }
    if server.offers_any(DefinitionKind::Prompt) {
        members.push(r#""prompts":{"listChanged":true}"#);
    }
    format!("{{{}}}", members.join(","))
}

/// What we call an endpoint.
fn title(exchange: &Exchange, offer: Offer<'_>) -> String {
    match offer {
        Offer::Federated | Offer::Any => exchange.settings.name.clone(),
        Offer::Server(server, _) => format!("{} ({})", exchange.settings.name, server.name),
    }
}

/// Answers `initialize`: the client runs without a session, which every legacy revision allows.
pub(crate) fn initialize(
    exchange: &Exchange,
    id_json: &str,
    revision: Revision,
    offer: Offer<'_>,
) -> Answer {
    let name = title(exchange, offer);
    let this = Implementation { name: &name, version: &exchange.settings.version };
    let body = message::initialize_result(id_json, revision, &capabilities(offer), this, None);
    Answer::json(200, body)
}

/// Answers `server/discover`.
pub(crate) fn discover(exchange: &Exchange, id_json: &str, offer: Offer<'_>) -> Answer {
    let name = title(exchange, offer);
    let this = Implementation { name: &name, version: &exchange.settings.version };
    let offered = capabilities(offer);
    let body =
        message::discover_result(id_json, &Revision::ALL, &offered, DISCOVER_TTL_MS, this, None);
    Answer::json(200, body)
}

/// Answers `ping`.
pub(crate) fn ping(exchange: &Exchange, id_json: &str) -> Answer {
    Answer::json(
        200,
        message::empty_result(id_json, Era::Legacy, exchange.settings.implementation()),
    )
}
