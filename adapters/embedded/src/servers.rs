//! The port `ServerCatalog`: each method is one transaction.

use async_trait::async_trait;
use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::event::EventSeq;
use registry_domain::health::{HealthNote, Watched};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::ports::{PortError, Routes, ServerCatalog, Taken};
use registry_domain::server::Server;

use crate::events;
use crate::schema::servers;
use crate::store::EmbeddedStore;

pub(crate) mod definitions;
mod drift;
mod health;
mod names;
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

    async fn commit(&self, change: &Change<Server>) -> Result<(), PortError> {
        let (change, now) = (change.clone(), self.clock.now());
        self.write("commit_server", move |conn| write::commit(conn, &change, now)).await
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
