//! An administrator says who may use which of a server's tools.

use serde_json::json;

use crate::caller::{Action, Caller, authorize};
use crate::change::Change;
use crate::error::{Error, Subject};
use crate::event::{EventKind, RegistryEvent};
use crate::id::{Revision, ServerId};
use crate::ports::RegistryPorts;
use crate::server::{Server, ToolRule, ToolRules};

use super::acting_user;
use super::server_writing::unwritten;

/// Finds a server with its rules.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_tool_rules(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
) -> Result<Server, Error> {
    authorize(caller, Action::SetToolRules)?;
    ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))
}

/// Puts other rules in the place of a server's. `expected` is what the writer had read.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::Stale`] when the server
/// changed since it was read, [`Error::Unavailable`].
pub async fn set_tool_rules(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    rules: Vec<ToolRule>,
    expected: Option<Revision>,
) -> Result<Server, Error> {
    let server = find_tool_rules(ports, caller, id).await?;
    let rules = ToolRules::check(rules).map_err(Error::Invalid)?;
    let read = server.revision;
    if expected.is_some_and(|expected| expected != read) {
        return Err(Error::Stale { what: "the server changed since it was read" });
    }
    let stamp = ports.stamp();
    let said = json!({ "rules": rules.as_slice(), "before": server.tool_rules.as_slice() });
    let event = RegistryEvent {
        registration: server.registration,
        ..RegistryEvent::of(EventKind::ToolRulesChanged, stamp, acting_user(caller)?)
            .on_server(id, server.tenant.clone())
            .saying(said)
    };
    let next = Server { tool_rules: rules, updated_at: stamp.at, revision: read.next(), ..server };
    let change = Change { next, expected: Some(read), events: vec![event] };
    match ports.servers.commit(&change).await {
        Ok(()) => Ok(change.next),
        Err(error) => Err(unwritten(&change.next, error)),
    }
}
