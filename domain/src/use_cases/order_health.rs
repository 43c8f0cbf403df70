//! An operator takes a server out of rotation, and puts it back.

use serde_json::json;

use crate::caller::{Actor, Caller, ServerAction};
use crate::change::Change;
use crate::error::{Error, Subject};
use crate::event::{EventKind, RegistryEvent};
use crate::id::{Revision, ServerId};
use crate::ports::RegistryPorts;
use crate::server::{HealthStatus, Server};

use super::server_writing::{unwritten, visible};

/// What an operator may order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthOrder {
    /// No traffic and no probes, until it is taken back.
    Maintenance,
    /// Nobody knows: it is probed at once.
    Unknown,
}

impl HealthOrder {
    /// The status that it leads to.
    pub const fn status(self) -> HealthStatus {
        match self {
            Self::Maintenance => HealthStatus::Maintenance,
            Self::Unknown => HealthStatus::Unknown,
        }
    }
}

/// Orders a server's health. Maintenance that is ordered twice is one order; unknown is a wish for a
/// new probe at any time.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Stale`] when it changed since it was read,
/// [`Error::Unavailable`].
pub async fn order_health(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    order: HealthOrder,
    expected: Option<Revision>,
) -> Result<Server, Error> {
    let actor = super::acting_user(caller)?;
    Actor::Person(caller).may_write(&ports.policy)?;
    let found = ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))?;
    let server = visible(ports, Actor::Person(caller), found, expected)?;
    // Who may take it off the list may take it out of rotation.
    Actor::Person(caller).authorize(&ports.policy, ServerAction::Remove(&server))?;
    if order == HealthOrder::Maintenance && server.health == HealthStatus::Maintenance {
        return Ok(server);
    }
    let stamp = ports.stamp();
    let said = json!({"previous": server.health.as_str(), "status": order.status().as_str()});
    let event = RegistryEvent {
        registration: server.registration,
        ..RegistryEvent::of(EventKind::ServerHealthChanged, stamp, actor)
            .on_server(id, server.tenant.clone())
            .saying(said)
    };
    let read = server.revision;
    let next =
        Server { health: order.status(), updated_at: stamp.at, revision: read.next(), ..server };
    let change = Change { next, expected: Some(read), events: vec![event] };
    match ports.servers.order_health(&change).await {
        Ok(()) => Ok(change.next),
        Err(error) => Err(unwritten(&change.next, error)),
    }
}
