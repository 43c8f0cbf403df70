//! What changed in the routes, for clients that listen.

use std::sync::Arc;

use mcp_wire::message::ListKinds;
use registry_domain::caller::Caller;
use registry_domain::id::ServerId;
use registry_domain::manifest::{DefinitionKind, Digest};
use registry_domain::routing::{RoutingTable, ServerEntry};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// Changes that a listener may be behind; one that is further behind is told that all may have
/// changed.
const KEPT: usize = 256;

/// A server that is not what it was.
#[derive(Debug)]
pub(crate) struct Change {
    old: Option<Arc<ServerEntry>>,
    new: Option<Arc<ServerEntry>>,
}

/// Tells listeners.
#[derive(Debug)]
pub(crate) struct Changes {
    told: broadcast::Sender<Arc<Change>>,
    stopped: watch::Sender<bool>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { told: broadcast::Sender::new(KEPT), stopped: watch::Sender::new(false) }
    }
}

impl Changes {
    /// Tells what differs between two snapshots. Nobody who listens: nothing is compared.
    pub(crate) fn between(&self, old: &RoutingTable, new: &RoutingTable) {
        if self.told.receiver_count() == 0 {
            return;
        }
        for entry in new.all() {
            match old.by_id(entry.id) {
                Some(before) if Arc::ptr_eq(before, entry) => {}
                before => self.tell(before.cloned(), Some(Arc::clone(entry))),
            }
        }
        for gone in old.all().filter(|entry| new.by_id(entry.id).is_none()) {
            self.tell(Some(Arc::clone(gone)), None);
        }
    }

    fn tell(&self, old: Option<Arc<ServerEntry>>, new: Option<Arc<ServerEntry>>) {
        // Nobody listens any more: so be it.
        let _ = self.told.send(Arc::new(Change { old, new }));
    }

    /// Lets all listeners go.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// Hears what changes from now on.
    pub(crate) fn listen(&self) -> Ear {
        Ear { told: self.told.subscribe(), stopped: self.stopped.subscribe() }
    }
}

impl Change {
    /// The lists that differ for a caller: who may not see a server, or one of its tools, is told of
    /// no change of it.
    fn for_caller(&self, caller: &Caller) -> ListKinds {
        let shown = |entry: &&Arc<ServerEntry>| {
            entry.listed_by.is_vouched()
                && !entry.in_maintenance
                && caller.sees(entry.tenant.as_ref())
        };
        let (old, new) = (self.old.as_ref().filter(shown), self.new.as_ref().filter(shown));
        let renamed = matches!((old, new), (Some(old), Some(new)) if old.alias != new.alias);
        let differs = |kind| {
            let of = |entry: Option<&Arc<ServerEntry>>| -> Vec<Digest> {
                let all = entry.into_iter();
                let all = all.flat_map(|one| one.offered_to(Some(caller)).definitions(kind));
                all.map(|definition| definition.digest).collect()
            };
            let (before, after) = (of(old), of(new));
            before != after || (renamed && !after.is_empty())
        };
        ListKinds {
            tools: differs(DefinitionKind::Tool),
            prompts: differs(DefinitionKind::Prompt),
            resources: differs(DefinitionKind::Resource)
                || differs(DefinitionKind::ResourceTemplate),
        }
    }

    fn is_of(&self, server: ServerId) -> bool {
        self.new.as_ref().or(self.old.as_ref()).is_some_and(|entry| entry.id == server)
    }
}

/// One listener's ear.
#[derive(Debug)]
pub(crate) struct Ear {
    told: broadcast::Receiver<Arc<Change>>,
    stopped: watch::Receiver<bool>,
}

impl Ear {
    /// The next lists that changed for a caller, of one server or of all; `None` when it is over.
    /// Dropping the future loses nothing.
    pub(crate) async fn next(
        &mut self,
        caller: &Caller,
        server: Option<ServerId>,
    ) -> Option<ListKinds> {
        loop {
            let told = tokio::select! {
                biased;
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
                told = self.told.recv() => told,
            };
            match told {
                Ok(change) => {
                    let is_meant = server.is_none_or(|server| change.is_of(server));
                    let kinds = change.for_caller(caller);
                    if is_meant && kinds.any() {
                        return Some(kinds);
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(ListKinds::ALL),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
