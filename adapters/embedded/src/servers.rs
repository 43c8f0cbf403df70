//! The port `ServerCatalog`: each method is one transaction.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::caller::TenantScope;
use registry_domain::change::Change;
use registry_domain::event::EventSeq;
use registry_domain::health::{HealthNote, Watched};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::manifest::Drift;
use registry_domain::ports::{
    Atomicity, BatchItem, Include, OfferQuery, Page, PortError, Routes, ServerCatalog,
    ServerCounts, ServerQuery, ServerView, Taken,
};
use registry_domain::server::{Server, ServerRemoval};

use crate::events;
use crate::schema::servers;
use crate::store::EmbeddedStore;

mod batch;
mod count;
pub(crate) mod definitions;
mod drift;
mod health;
mod list;
mod names;
mod offering;
mod row;
mod write;

pub(crate) use row::SummaryRow;
pub(crate) use write::{remove_of_registration, write};

#[async_trait]
impl ServerCatalog for EmbeddedStore {
    async fn find(&self, id: ServerId) -> Result<Option<Server>, PortError> {
        self.read("find_server", move |conn| {
            row::find(conn, servers::table.filter(servers::id.eq(id.to_string())).into_boxed())
        })
        .await
    }

    async fn find_by_registration(&self, id: RegistrationId) -> Result<Option<Server>, PortError> {
        self.read("find_server_by_registration", move |conn| {
            let of_registration = servers::registration_id.eq(id.to_string());
            row::find(conn, servers::table.filter(of_registration).into_boxed())
        })
        .await
    }

    async fn load_routes(&self) -> Result<Routes, PortError> {
        self.read("load_routes", |conn| {
            let as_of = EventSeq(events::latest(conn)?);
            Ok(Routes { servers: row::list_all(conn)?, as_of })
        })
        .await
    }

    async fn taken(
        &self,
        tenant: Option<&TenantId>,
        name: &str,
        alias: &Alias,
        now: Timestamp,
    ) -> Result<Taken, PortError> {
        let (tenant, name, alias) = (tenant.cloned(), name.to_owned(), alias.clone());
        self.read("find_taken_names", move |conn| {
            let tenant = tenant.as_ref();
            let by_server = names::holder_of_alias(conn, tenant, &alias)?.is_some();
            Ok(Taken {
                name: names::holder_of_name(conn, tenant, &name)?.is_some(),
                alias: by_server || names::is_in_quarantine(conn, tenant, &alias, now)?,
            })
        })
        .await
    }

    async fn taken_aliases(
        &self,
        tenant: Option<&TenantId>,
        aliases: &[Alias],
        now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError> {
        let (tenant, aliases) = (tenant.cloned(), aliases.to_vec());
        self.read("find_taken_aliases", move |conn| {
            names::taken_among(conn, tenant.as_ref(), &aliases, now)
        })
        .await
    }

    async fn holders_of_names(
        &self,
        tenant: Option<&TenantId>,
        names: &[String],
    ) -> Result<HashMap<String, ServerId>, PortError> {
        let (tenant, names) = (tenant.cloned(), names.to_vec());
        self.read("find_holders_of_names", move |conn| {
            names::holders_among(conn, tenant.as_ref(), &names)
        })
        .await
    }

    async fn commit(&self, change: &Change<Server>) -> Result<(), PortError> {
        let (change, now) = (change.clone(), self.clock.now());
        self.write("commit_server", move |conn| write::commit(conn, &change, now)).await
    }

    async fn commit_batch(
        &self,
        changes: &[Change<Server>],
        atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError> {
        let (changes, now) = (changes.to_vec(), self.clock.now());
        self.write("commit_servers", move |conn| batch::commit(conn, &changes, atomicity, now))
            .await
    }

    async fn commit_removal(
        &self,
        removal: &ServerRemoval,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        let (removal, now) = (removal.clone(), self.clock.now());
        self.write("commit_server_removal", move |conn| {
            write::remove(conn, &removal, alias_free_at, now)
        })
        .await
    }

    async fn find_each(&self, ids: &[ServerId]) -> Result<Vec<Server>, PortError> {
        let ids = ids.to_vec();
        self.read("find_each_server", move |conn| row::list_each(conn, &ids)).await
    }

    async fn drifts(
        &self,
        ids: &[ServerId],
    ) -> Result<HashMap<ServerId, Option<Drift>>, PortError> {
        let ids = ids.to_vec();
        self.read("find_drifts", move |conn| drift::found(conn, &ids)).await
    }

    async fn find_view(
        &self,
        id: ServerId,
        include: Include,
    ) -> Result<Option<ServerView>, PortError> {
        self.read("find_server_view", move |conn| list::find(conn, id, include)).await
    }

    async fn list(&self, query: &ServerQuery) -> Result<Page<ServerView>, PortError> {
        let query = query.clone();
        self.read("list_servers", move |conn| list::list(conn, &query)).await
    }

    async fn find_offering(&self, query: &OfferQuery) -> Result<Vec<ServerView>, PortError> {
        let query = query.clone();
        self.read("find_servers_offering", move |conn| offering::find(conn, &query)).await
    }

    async fn count(&self, tenant: &TenantScope) -> Result<ServerCounts, PortError> {
        let tenant = tenant.clone();
        self.read("count_servers", move |conn| count::count(conn, &tenant)).await
    }

    async fn awaiting_manifest(&self, limit: u32) -> Result<Vec<Server>, PortError> {
        self.read("list_servers_awaiting_manifest", move |conn| row::list_awaiting(conn, limit))
            .await
    }

    async fn upcoming_probes(&self, limit: u32) -> Result<Vec<Watched>, PortError> {
        self.read("list_upcoming_probes", move |conn| health::upcoming(conn, limit)).await
    }

    async fn find_watched(&self, id: ServerId) -> Result<Option<Watched>, PortError> {
        self.read("find_watched_server", move |conn| health::find(conn, id)).await
    }

    async fn note_health(&self, notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        let notes = notes.to_vec();
        self.write("note_health", move |conn| health::note(conn, &notes)).await
    }

    async fn order_health(&self, change: &Change<Server>) -> Result<(), PortError> {
        let change = change.clone();
        self.write("order_health", move |conn| health::order(conn, &change)).await
    }
}
