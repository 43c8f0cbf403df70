//! What changed in the routes, for clients that listen.

use std::sync::Arc;

use mcp_wire::message::ListKinds;
use registry_domain::caller::Caller;
use registry_domain::id::{CollectionId, ServerId};
use registry_domain::manifest::{DefinitionKind, Digest};
use registry_domain::routing::{RoutingTable, ServerEntry};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// Changes that a listener may be behind; one that is further behind is told that all may have
/// changed.
const KEPT: usize = 256;

/// What is not what it was.
#[derive(Debug)]
enum Change {
    /// A server, and the collections that have it.
    Server(ServerChange, Vec<CollectionId>),
    /// A collection: made, another, or gone.
    Collection(CollectionId),
}

/// A server that is not what it was.
#[derive(Debug)]
struct ServerChange {
    old: Option<Arc<ServerEntry>>,
    new: Option<Arc<ServerEntry>>,
}

/// Of what somebody hears the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All servers.
    All,
    /// One server.
    Server(ServerId),
    /// What a collection has of all servers.
    Collection(CollectionId),
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
        let server = |before: Option<&Arc<ServerEntry>>, after: Option<&Arc<ServerEntry>>, id| {
            let having = new.all_collections().filter(|collection| collection.has(id));
            let having = having.map(|collection| collection.id).collect();
            let change = ServerChange { old: before.cloned(), new: after.cloned() };
            self.tell(Change::Server(change, having));
        };
        for entry in new.all() {
            match old.by_id(entry.id) {
                Some(before) if Arc::ptr_eq(before, entry) => {}
                before => server(before, Some(entry), entry.id),
            }
        }
        for gone in old.all().filter(|entry| new.by_id(entry.id).is_none()) {
            server(Some(gone), None, gone.id);
        }
        for entry in new.all_collections() {
            match old.collection_by_id(entry.id) {
                Some(before) if Arc::ptr_eq(before, entry) => {}
                _ => self.tell(Change::Collection(entry.id)),
            }
        }
        for gone in old.all_collections().filter(|it| new.collection_by_id(it.id).is_none()) {
            self.tell(Change::Collection(gone.id));
        }
    }

    fn tell(&self, change: Change) {
        // Nobody listens any more: so be it.
        let _ = self.told.send(Arc::new(change));
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
    /// The lists that differ for a caller who hears of these.
    fn told_in(&self, scope: Scope, caller: &Caller) -> ListKinds {
        let none = ListKinds { tools: false, prompts: false, resources: false };
        match (self, scope) {
            (Self::Server(change, _), Scope::All) => change.for_caller(caller),
            (Self::Server(change, _), Scope::Server(id)) if change.is_of(id) => {
                change.for_caller(caller)
            }
            (Self::Server(change, having), Scope::Collection(id)) if having.contains(&id) => {
                change.for_caller(caller)
            }
            (Self::Collection(changed), Scope::Collection(id)) if *changed == id => ListKinds::ALL,
            _ => none,
        }
    }
}

impl ServerChange {
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
    /// The next lists that changed for a caller, of what they hear of; `None` when it is over.
    /// Dropping the future loses nothing.
    pub(crate) async fn next(&mut self, caller: &Caller, scope: Scope) -> Option<ListKinds> {
        loop {
            let told = tokio::select! {
                biased;
                _ = self.stopped.wait_for(|stopped| *stopped) => return None,
                told = self.told.recv() => told,
            };
            match told {
                Ok(change) => {
                    let kinds = change.told_in(scope, caller);
                    if kinds.any() {
                        return Some(kinds);
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(ListKinds::ALL),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
