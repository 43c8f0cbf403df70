//! What changed in the routes, for clients that listen.

use std::sync::Arc;

use mcp_wire::message::ListKinds;
use registry_domain::caller::Caller;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::manifest::{Definition, DefinitionKind};
use registry_domain::routing::{RoutingTable, ServerEntry};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// Changes that a listener may be behind; one that is further behind is told that all may have
/// changed.
const KEPT: usize = 256;

/// A server's lists that are not what they were.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    server: ServerId,
    tenant: Option<TenantId>,
    kinds: ListKinds,
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
                before => self.tell(before.map(Arc::as_ref), Some(entry)),
            }
        }
        for gone in old.all().filter(|entry| new.by_id(entry.id).is_none()) {
            self.tell(Some(gone), None);
        }
    }

    fn tell(&self, old: Option<&ServerEntry>, new: Option<&ServerEntry>) {
        let Some(entry) = new.or(old) else { return };
        let kinds = difference(old.filter(|one| is_listed(one)), new.filter(|one| is_listed(one)));
        if kinds.any() {
            let (server, tenant) = (entry.id, entry.tenant.clone());
            // Nobody listens any more: so be it.
            let _ = self.told.send(Arc::new(Change { server, tenant, kinds }));
        }
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

fn is_listed(entry: &ServerEntry) -> bool {
    entry.listed_by.is_vouched() && !entry.in_maintenance
}

/// Which lists differ.
fn difference(old: Option<&ServerEntry>, new: Option<&ServerEntry>) -> ListKinds {
    let renamed = match (old, new) {
        (Some(old), Some(new)) => old.alias != new.alias,
        _ => false,
    };
    let differs = |kind| {
        let of = |entry: Option<&ServerEntry>| -> Vec<_> {
            let all = entry.into_iter().flat_map(|entry| entry.definitions(kind));
            all.map(|Definition { digest, .. }| *digest).collect()
        };
        let (before, after) = (of(old), of(new));
        before != after || (renamed && !after.is_empty())
    };
    ListKinds {
        tools: differs(DefinitionKind::Tool),
        prompts: differs(DefinitionKind::Prompt),
        resources: differs(DefinitionKind::Resource) || differs(DefinitionKind::ResourceTemplate),
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
                    let is_meant = server.is_none_or(|server| server == change.server)
                        && caller.sees(change.tenant.as_ref());
                    if is_meant {
                        return Some(change.kinds);
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(ListKinds::ALL),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
