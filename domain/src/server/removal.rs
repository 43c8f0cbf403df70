//! Taking a server off the list.

use super::Server;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{Revision, ServerId, UserId};

/// A server that is to go; a registration behind it stays Approved.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerRemoval {
    /// Which server.
    pub id: ServerId,
    /// The revision that the stored row must still have.
    pub expected: Revision,
    /// What happened.
    pub events: Vec<RegistryEvent>,
}

impl Server {
    /// Takes it off the list, in whatever state it is.
    pub fn remove(&self, actor: Option<UserId>, stamp: EventStamp) -> ServerRemoval {
        let event =
            RegistryEvent { actor, ..RegistryEvent::by_product(EventKind::ServerRemoved, stamp) };
        ServerRemoval { id: self.id, expected: self.revision, events: vec![self.happened(event)] }
    }
}
