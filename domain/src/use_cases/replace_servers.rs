//! Somebody writes other contents over many servers at once.

use std::collections::HashMap;

use crate::caller::{Actor, ServerAction};
use crate::error::{Error, Subject};
use crate::id::{Revision, ServerId};
use crate::ports::{Atomicity, RegistryPorts};
use crate::server::{Server, ServerContent, ServerDraft};

use super::bulk::{self, BulkItem, Decided};
use super::server_writing::{Reading, replacement, visible};

/// Another content for one server.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// Which server.
    pub id: ServerId,
    /// Its new content.
    pub draft: ServerDraft,
    /// The revision that was read, where that matters.
    pub expected: Option<Revision>,
}

/// Replaces them in one transaction, and answers for each in their order. What they offer is read
/// afterwards, where their address changed.
///
/// # Errors
/// [`Error::Denied`] for who may write none, [`Error::Invalid`] for too many, [`Error::Unavailable`]; what is wrong with one server is that
/// server's answer.
pub async fn replace_servers(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    replacements: Vec<Replacement>,
    atomicity: Atomicity,
) -> Result<Vec<BulkItem>, Error> {
    // Who may list none may replace none.
    actor.authorize(&ports.policy, ServerAction::List { tenant: None })?;
    bulk::bounded(replacements.len())?;
    let ids: Vec<ServerId> = replacements.iter().map(|replacement| replacement.id).collect();
    let found: HashMap<ServerId, Server> = ports
        .servers
        .find_each(&ids)
        .await?
        .into_iter()
        .map(|server| (server.id, server))
        .collect();
    let decided = replacements
        .into_iter()
        .map(|replacement| decide(ports, actor, found.get(&replacement.id), replacement))
        .collect();
    bulk::commit(ports, decided, atomicity).await
}

fn decide(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    found: Option<&Server>,
    Replacement { id, draft, expected }: Replacement,
) -> Decided {
    let found = found.cloned().ok_or(Error::NotFound(Subject::Server(id)))?;
    let server = visible(ports, actor, found, expected)?;
    let content = ServerContent::check(draft, &ports.policy).map_err(Error::Invalid)?;
    let reading = Reading::without_asking(&content);
    replacement(ports, actor, &server, content, reading)
}
