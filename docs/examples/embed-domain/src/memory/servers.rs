//! `ServerCatalog`: servers, and which of their names are taken.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use jiff::Timestamp;
use registry_domain::caller::TenantScope;
use registry_domain::change::Change;
use registry_domain::health::{HealthNote, Watched};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::manifest::Drift;
use registry_domain::ports::{
    Atomicity, BatchItem, Include, OfferQuery, Page, PortError, Routes, ServerCatalog,
    ServerCounts, ServerQuery, ServerView, Taken,
};
use registry_domain::server::{PinnedManifest, Server, ServerRemoval};

use super::{Memory, RestingAlias, State, page};

mod listing;

impl State {
    pub(super) fn server_of(&self, id: RegistrationId) -> Option<&Server> {
        self.servers.values().find(|server| server.registration == Some(id))
    }

    fn taken(
        &self,
        tenant: Option<&TenantId>,
        name: &str,
        alias: &Alias,
        now: Timestamp,
        except: Option<ServerId>,
    ) -> Taken {
        let others = || {
            self.servers
                .values()
                .filter(|server| server.tenant.as_ref() == tenant && Some(server.id) != except)
        };
        let rests = self.resting_aliases.iter().any(|resting| {
            resting.tenant.as_ref() == tenant && resting.alias == *alias && resting.free_at > now
        });
        Taken {
            name: others().any(|server| server.name == name),
            alias: rests || others().any(|server| server.alias == *alias),
        }
    }

    /// Writes a server unless one of its names is somebody else's.
    pub(super) fn put_server(&mut self, change: &Change<Server>) -> Result<(), PortError> {
        let server = &change.next;
        let current = self.servers.get(&server.id).map(|server| server.revision);
        if current != change.expected {
            return Err(PortError::Conflict { current });
        }
        let tenant = server.tenant.as_ref();
        let now = server.updated_at;
        let taken = self.taken(tenant, &server.name, &server.alias, now, Some(server.id));
        for (key, taken) in [("name", taken.name), ("alias", taken.alias)] {
            if taken {
                return Err(PortError::AlreadyExists { key, existing: None });
            }
        }
        // Health is written by what probes find and operators order alone.
        let stands = self.servers.get(&server.id).map_or(server.health, |stored| stored.health);
        self.servers.insert(server.id, Server { health: stands, ..server.clone() });
        Ok(())
    }

    /// Removes the server of a registration; its alias rests.
    pub(super) fn remove_server_of(
        &mut self,
        id: RegistrationId,
        free_at: Timestamp,
    ) -> Option<ServerId> {
        let server = self.server_of(id)?.id;
        self.remove_server(server, free_at);
        Some(server)
    }

    fn remove_server(&mut self, id: ServerId, free_at: Timestamp) {
        self.watches.remove(&id);
        if let Some(Server { tenant, alias, .. }) = self.servers.remove(&id) {
            self.resting_aliases.push(RestingAlias { tenant, alias, free_at });
        }
    }

    /// Writes many servers, and answers for each. The first refusal of a batch that is one thing
    /// brings back what was there before it.
    fn put_batch(&mut self, changes: &[Change<Server>], atomicity: Atomicity) -> Vec<BatchItem> {
        let before = self.clone();
        let mut items = Vec::new();
        for change in changes {
            match self.put_server(change) {
                Ok(()) => {
                    self.append(&change.events, None);
                    items.push(BatchItem::Written);
                }
                Err(refusal) if atomicity == Atomicity::AllOrNothing => {
                    *self = before;
                    let refused = items.len();
                    items = changes.iter().map(|_| BatchItem::Undone).collect();
                    if let Some(item) = items.get_mut(refused) {
                        *item = BatchItem::Refused(refusal);
                    }
                    return items;
                }
                Err(refusal) => items.push(BatchItem::Refused(refusal)),
            }
        }
        items
    }
}

#[async_trait]
impl ServerCatalog for Memory {
    async fn find(&self, id: ServerId) -> Result<Option<Server>, PortError> {
        Ok(self.read(|state| state.servers.get(&id).cloned()))
    }

    async fn find_by_registration(&self, id: RegistrationId) -> Result<Option<Server>, PortError> {
        Ok(self.read(|state| state.server_of(id).cloned()))
    }

    async fn load_routes(&self) -> Result<Routes, PortError> {
        Ok(self.read(|state| Routes {
            servers: state.servers.values().cloned().collect(),
            as_of: state.latest(),
        }))
    }

    async fn taken(
        &self,
        tenant: Option<&TenantId>,
        name: &str,
        alias: &Alias,
        now: Timestamp,
    ) -> Result<Taken, PortError> {
        Ok(self.read(|state| state.taken(tenant, name, alias, now, None)))
    }

    async fn taken_aliases(
        &self,
        tenant: Option<&TenantId>,
        aliases: &[Alias],
        now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError> {
        let taken = |state: &State, alias: &&Alias| state.taken(tenant, "", alias, now, None).alias;
        Ok(self.read(|state| aliases.iter().filter(|alias| taken(state, alias)).cloned().collect()))
    }

    async fn holders_of_names(
        &self,
        tenant: Option<&TenantId>,
        names: &[String],
    ) -> Result<HashMap<String, ServerId>, PortError> {
        Ok(self.read(|state| {
            let servers = state.servers.values();
            let holders =
                servers.filter(|one| one.tenant.as_ref() == tenant && names.contains(&one.name));
            holders.map(|one| (one.name.clone(), one.id)).collect()
        }))
    }

    async fn commit(&self, change: &Change<Server>) -> Result<(), PortError> {
        self.write(|state| {
            state.put_server(change)?;
            state.append(&change.events, None);
            Ok(())
        })
    }

    async fn commit_batch(
        &self,
        changes: &[Change<Server>],
        atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError> {
        self.write(|state| Ok(state.put_batch(changes, atomicity)))
    }

    async fn commit_removal(
        &self,
        removal: &ServerRemoval,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        self.write(|state| {
            let server = state.servers.get(&removal.id).ok_or(PortError::NotFound)?;
            if server.revision != removal.expected {
                return Err(PortError::Conflict { current: Some(server.revision) });
            }
            state.remove_server(removal.id, alias_free_at);
            state.append(&removal.events, None);
            Ok(())
        })
    }

    async fn find_each(&self, ids: &[ServerId]) -> Result<Vec<Server>, PortError> {
        Ok(self.read(|state| ids.iter().filter_map(|id| state.servers.get(id)).cloned().collect()))
    }

    async fn drifts(
        &self,
        ids: &[ServerId],
    ) -> Result<HashMap<ServerId, Option<Drift>>, PortError> {
        Ok(self.read(|state| {
            let servers = ids.iter().filter_map(|id| state.servers.get(id));
            servers.filter_map(|one| Some((one.id, Some(one.drift.clone()?)))).collect()
        }))
    }

    async fn find_view(
        &self,
        id: ServerId,
        include: Include,
    ) -> Result<Option<ServerView>, PortError> {
        Ok(self.read(|state| state.servers.get(&id).map(|server| ServerView::of(server, include))))
    }

    async fn list(&self, query: &ServerQuery) -> Result<Page<ServerView>, PortError> {
        Ok(self.read(|state| listing::list(state.servers.values(), query)))
    }

    async fn find_offering(&self, query: &OfferQuery) -> Result<Vec<ServerView>, PortError> {
        Ok(self.read(|state| listing::offering(state.servers.values(), query)))
    }

    async fn count(&self, tenant: &TenantScope) -> Result<ServerCounts, PortError> {
        Ok(self.read(|state| {
            let included = |server: &&Server| tenant.includes(server.tenant.as_ref());
            let counted = state.servers.values().filter(included);
            ServerCounts::of(counted.map(|server| (server.health, server.transport, 1)))
        }))
    }

    async fn awaiting_manifest(&self, limit: u32) -> Result<Vec<Server>, PortError> {
        Ok(self.read(|state| {
            let awaiting = |server: &&Server| {
                server.auto_discover && server.manifest == PinnedManifest::Awaited
            };
            page(state.servers.values().filter(awaiting).cloned(), 0, limit)
        }))
    }

    async fn upcoming_probes(&self, limit: u32) -> Result<Vec<Watched>, PortError> {
        Ok(self.read(|state| state.upcoming(limit)))
    }

    async fn find_watched(&self, id: ServerId) -> Result<Option<Watched>, PortError> {
        Ok(self.read(|state| state.servers.get(&id).map(|server| state.watched(server))))
    }

    async fn note_health(&self, notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        self.keep(notes)
    }

    async fn order_health(&self, change: &Change<Server>) -> Result<(), PortError> {
        self.write(|state| state.order(change))
    }
}
