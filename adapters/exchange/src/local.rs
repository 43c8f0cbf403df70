//! Answers of our own: the handshake, discovery, and what a server may be told of itself.

use std::sync::Arc;

use mcp_wire::message::{self, Implementation};
use mcp_wire::revision::{Era, Revision};
use registry_domain::caller::Caller;
use registry_domain::manifest::DefinitionKind;
use registry_domain::routing::{CollectionEntry, RoutingTable, ServerEntry};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::lists::selections;
use crate::way::Here;

/// What all servers together can do.
const FEDERATED: &str = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"completions":{}}"#;

/// How long a client may keep what `server/discover` said.
const DISCOVER_TTL_MS: u64 = 60_000;

/// Whose capabilities an endpoint tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Offer<'a> {
    /// The gateway's, over all servers.
    Federated,
    /// One server's, to a caller.
    Server(&'a Arc<ServerEntry>, &'a Caller),
    /// What a collection has of all servers, to a caller.
    Collection(&'a CollectionEntry, &'a Caller, &'a RoutingTable),
    /// Port 8000's, where any server may be chosen.
    Any,
}

impl<'a> Offer<'a> {
    /// That of a door of the gateway.
    pub(crate) fn of(here: &'a Here, caller: &'a Caller, table: &'a RoutingTable) -> Self {
        match here {
            Here::All => Self::Federated,
            Here::Server(permit) => Self::Server(permit.of(), caller),
            Here::Collection(collection) => Self::Collection(collection, caller, table),
        }
    }

    /// Whether there is anything of a kind.
    fn offers_any(self, kind: DefinitionKind) -> bool {
        match self {
            Self::Federated | Self::Any => true,
            Self::Server(server, caller) => server.offered_to(Some(caller)).offers_any(kind),
            Self::Collection(collection, caller, table) => {
                selections(collection, caller, table).any(|(_, it)| it.offers_any(kind))
            }
        }
    }
}

/// What an endpoint can do, as the JSON object that handshake and discovery carry. What is not
/// served is not advertised.
fn capabilities(offer: Offer<'_>) -> String {
    match offer {
        Offer::Federated => return FEDERATED.to_owned(),
        Offer::Any => return r#"{"tools":{},"resources":{},"prompts":{}}"#.to_owned(),
        Offer::Server(..) | Offer::Collection(..) => {}
    }
    let has_prompts = offer.offers_any(DefinitionKind::Prompt);
    let has_templates = offer.offers_any(DefinitionKind::ResourceTemplate);
    let mut members = Vec::new();
    if offer.offers_any(DefinitionKind::Tool) {
        members.push(r#""tools":{"listChanged":true}"#);
    }
    if has_templates || offer.offers_any(DefinitionKind::Resource) {
        // A collection follows no server.
        members.push(match offer {
            Offer::Server(..) => r#""resources":{"subscribe":true,"listChanged":true}"#,
            _ => r#""resources":{"listChanged":true}"#,
        });
    }
    if has_prompts {
        members.push(r#""prompts":{"listChanged":true}"#);
    }
    if has_prompts || has_templates {
        members.push(r#""completions":{}"#);
    }
    format!("{{{}}}", members.join(","))
}

/// What we call an endpoint.
fn title(exchange: &Exchange, offer: Offer<'_>) -> String {
    match offer {
        Offer::Federated | Offer::Any => exchange.settings.name.clone(),
        Offer::Server(server, _) => format!("{} ({})", exchange.settings.name, server.name),
        Offer::Collection(collection, ..) => {
            format!("{} ({})", exchange.settings.name, collection.name)
        }
    }
}

/// What the model behind a client is told.
fn instructions(offer: Offer<'_>) -> Option<&str> {
    match offer {
        Offer::Collection(collection, ..) => collection.instructions.as_deref(),
        Offer::Federated | Offer::Any | Offer::Server(..) => None,
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
    let (offered, words) = (capabilities(offer), instructions(offer));
    let body = message::initialize_result(id_json, revision, &offered, this, words);
    Answer::json(200, body)
}

/// Answers `server/discover`.
pub(crate) fn discover(exchange: &Exchange, id_json: &str, offer: Offer<'_>) -> Answer {
    let name = title(exchange, offer);
    let this = Implementation { name: &name, version: &exchange.settings.version };
    let offered = capabilities(offer);
    let (known, words) = (&Revision::ALL, instructions(offer));
    let body = message::discover_result(id_json, known, &offered, DISCOVER_TTL_MS, this, words);
    Answer::json(200, body)
}

/// Answers `ping`.
pub(crate) fn ping(exchange: &Exchange, id_json: &str) -> Answer {
    Answer::json(
        200,
        message::empty_result(id_json, Era::Legacy, exchange.settings.implementation()),
    )
}
