//! The port `ServerCatalog`: each method is one transaction.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use diesel::prelude::*;
use futures_util::FutureExt as _;
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

use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::read::View;
use crate::schema::servers;
use crate::store::PgStore;

mod batch;
mod count;
pub(crate) mod definitions;
mod drift;
mod health;
mod list;
mod names;
mod note;
mod offering;
mod pin;
mod remove;
mod row;
mod write;

pub(crate) use names::explain;
pub(crate) use remove::remove_of_registration;
pub(crate) use row::SummaryRow;
pub(crate) use write::write;

async fn routes(conn: &mut Connection) -> Result<Routes, StoreError> {
    let as_of = EventSeq(events::latest(conn).await?);
    Ok(Routes { servers: row::list_all(conn).await?, as_of })
}

type Names = (Option<TenantId>, String, Alias, Timestamp);

async fn taken(
    conn: &mut Connection,
    (tenant, name, alias, now): &Names,
) -> Result<Taken, StoreError> {
    let tenant = tenant.as_ref();
    let by_server = names::holder_of_alias(conn, tenant, alias).await?.is_some();
    Ok(Taken {
        name: names::holder_of_name(conn, tenant, name).await?.is_some(),
        alias: by_server || names::is_in_quarantine(conn, tenant, alias, *now).await?,
    })
}

#[async_trait]
impl ServerCatalog for PgStore {
    async fn find(&self, id: ServerId) -> Result<Option<Server>, PortError> {
        // One state of the database: a row and its definitions belong together.
        self.read("find_server", View::Snapshot, id, |conn, id| {
            row::find(conn, servers::table.filter(servers::id.eq(id.0)).into_boxed()).boxed()
        })
        .await
    }

    async fn find_by_registration(&self, id: RegistrationId) -> Result<Option<Server>, PortError> {
        self.read("find_server_by_registration", View::Snapshot, id, |conn, id| {
            let of_registration = servers::registration_id.eq(id.0);
            row::find(conn, servers::table.filter(of_registration).into_boxed()).boxed()
        })
        .await
    }

    async fn load_routes(&self) -> Result<Routes, PortError> {
        self.read("load_routes", View::Snapshot, (), |conn, ()| routes(conn).boxed()).await
    }

    async fn taken(
        &self,
        tenant: Option<&TenantId>,
        name: &str,
        alias: &Alias,
        now: Timestamp,
    ) -> Result<Taken, PortError> {
        let asked = (tenant.cloned(), name.to_owned(), alias.clone(), now);
        self.read("find_taken_names", View::Newest, asked, |conn, asked| taken(conn, asked).boxed())
            .await
    }

    async fn taken_aliases(
        &self,
        tenant: Option<&TenantId>,
        aliases: &[Alias],
        now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError> {
        let asked = (tenant.cloned(), aliases.to_vec(), now);
        self.read("find_taken_aliases", View::Newest, asked, |conn, (tenant, aliases, now)| {
            names::taken_among(conn, tenant.as_ref(), aliases, *now).boxed()
        })
        .await
    }

    async fn holders_of_names(
        &self,
        tenant: Option<&TenantId>,
        names: &[String],
    ) -> Result<HashMap<String, ServerId>, PortError> {
        let asked = (tenant.cloned(), names.to_vec());
        self.read("find_holders_of_names", View::Newest, asked, |conn, (tenant, names)| {
            names::holders_among(conn, tenant.as_ref(), names).boxed()
        })
        .await
    }

    async fn commit(&self, change: &Change<Server>) -> Result<(), PortError> {
        let (change, now) = (change.clone(), self.clock.now());
        self.write(write::CommitServer { change, now }).await
    }

    async fn commit_batch(
        &self,
        changes: &[Change<Server>],
        atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError> {
        let (changes, now) = (changes.to_vec(), self.clock.now());
        self.write(batch::CommitBatch { changes, atomicity, now }).await
    }

    async fn commit_removal(
        &self,
        removal: &ServerRemoval,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        let (removal, now) = (removal.clone(), self.clock.now());
        self.write(remove::RemoveServer { removal, alias_free_at, now }).await
    }

    async fn find_each(&self, ids: &[ServerId]) -> Result<Vec<Server>, PortError> {
        let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
        self.read("find_each_server", View::Snapshot, ids, |conn, ids| {
            row::list_each(conn, ids).boxed()
        })
        .await
    }

    async fn drifts(
        &self,
        ids: &[ServerId],
    ) -> Result<HashMap<ServerId, Option<Drift>>, PortError> {
        self.read("find_drifts", View::Newest, ids.to_vec(), |conn, ids| {
            drift::found(conn, ids).boxed()
        })
        .await
    }

    async fn find_view(
        &self,
        id: ServerId,
        include: Include,
    ) -> Result<Option<ServerView>, PortError> {
        self.read("find_server_view", View::Snapshot, (id, include), |conn, (id, include)| {
            list::find(conn, *id, *include).boxed()
        })
        .await
    }

    async fn list(&self, query: &ServerQuery) -> Result<Page<ServerView>, PortError> {
        let view = match (&query.search, query.include.any()) {
            (Some(_), _) => View::Search,
            (None, true) => View::Snapshot,
            (None, false) => View::Newest,
        };
        self.read("list_servers", view, query.clone(), |conn, query| {
            list::list(conn, query).boxed()
        })
        .await
    }

    async fn find_offering(&self, query: &OfferQuery) -> Result<Vec<ServerView>, PortError> {
        self.read("find_servers_offering", View::Search, query.clone(), |conn, query| {
            offering::find(conn, query).boxed()
        })
        .await
    }

    async fn count(&self, tenant: &TenantScope) -> Result<ServerCounts, PortError> {
        self.read("count_servers", View::Newest, tenant.clone(), |conn, tenant| {
            count::count(conn, tenant).boxed()
        })
        .await
    }

    async fn awaiting_manifest(&self, limit: u32) -> Result<Vec<Server>, PortError> {
        self.read("list_servers_awaiting_manifest", View::Newest, limit, |conn, limit| {
            row::list_awaiting(conn, *limit).boxed()
        })
        .await
    }

    async fn upcoming_probes(&self, limit: u32) -> Result<Vec<Watched>, PortError> {
        self.read("list_upcoming_probes", View::Newest, limit, |conn, limit| {
            health::upcoming(conn, *limit).boxed()
        })
        .await
    }

    async fn find_watched(&self, id: ServerId) -> Result<Option<Watched>, PortError> {
        self.read("find_watched_server", View::Newest, id, |conn, id| {
            health::find(conn, *id).boxed()
        })
        .await
    }

    async fn note_health(&self, notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        self.write(note::Note::of(notes)).await
    }

    async fn order_health(&self, change: &Change<Server>) -> Result<(), PortError> {
        self.write(health::Order { change: change.clone() }).await
    }
}
