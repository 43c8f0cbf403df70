//! How servers are doing: what the prober reads of them, and what an operator orders.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::endpoint::Transport;
use registry_domain::event::RegistryEvent;
use registry_domain::health::{Condition, Watched};
use registry_domain::id::{RegistrationId, Revision, ServerId};
use registry_domain::server::{HealthStatus, Server};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::events;
use crate::labels::Label;
use crate::place::{Place, Time, readable, time};
use crate::schema::servers;
use crate::write::{AfterLoss, Tx, Write};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
struct WatchedRow {
    id: Uuid,
    tenant_id: Option<String>,
    registration_id: Option<Uuid>,
    endpoint_url: String,
    transport_type: Label,
    health_status: Label,
    health_streak: i32,
    next_probe_at: Time,
    compared_at: Option<Time>,
}

impl WatchedRow {
    fn read(self) -> Result<Watched, StoreError> {
        let place = Place { table: "servers", row: self.id };
        let transport = place.word("transport_type", &self.transport_type.0, Transport::parse)?;
        Ok(Watched {
            server: ServerId(self.id),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            registration: self.registration_id.map(RegistrationId),
            endpoint: place.endpoint(&self.endpoint_url)?.dialled_over(transport),
            condition: Condition {
                status: place.word("health_status", &self.health_status.0, HealthStatus::parse)?,
                streak: self.health_streak,
            },
            next_probe_at: self.next_probe_at.to_jiff(),
            compared_at: self.compared_at.map(Time::to_jiff),
        })
    }
}

/// The servers to be probed next, none in maintenance.
pub(super) async fn upcoming(
    conn: &mut Connection,
    limit: u32,
) -> Result<Vec<Watched>, StoreError> {
    let maintenance = Label(HealthStatus::Maintenance.as_str().to_owned());
    let rows: Vec<WatchedRow> = servers::table
        .filter(servers::health_status.ne(maintenance))
        .order((servers::next_probe_at.asc(), servers::id.asc()))
        .limit(limit.into())
        .select(WatchedRow::as_select())
        .load(conn)
        .await?;
    readable(rows.into_iter().map(WatchedRow::read))
}

/// One server as the prober sees it.
pub(super) async fn find(
    conn: &mut Connection,
    id: ServerId,
) -> Result<Option<Watched>, StoreError> {
    let row: Option<WatchedRow> =
        servers::table.find(id.0).select(WatchedRow::as_select()).first(conn).await.optional()?;
    row.map(WatchedRow::read).transpose()
}

/// Writes the health that an operator orders.
pub(super) struct Order {
    pub(super) change: Change<Server>,
}

#[async_trait]
impl Write for Order {
    type Output = ();
    const NAME: &'static str = "order_health";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let server = &self.change.next;
        let expected = self.change.expected.map(|expected| expected.0);
        let written = diesel::update(servers::table.find(server.id.0))
            .filter(servers::revision.nullable().is_not_distinct_from(expected))
            .set((
                servers::health_status.eq(Label(server.health.as_str().to_owned())),
                servers::health_streak.eq(0),
                // Nobody has looked since.
                servers::next_probe_at.eq(time(Timestamp::UNIX_EPOCH)),
                servers::updated_at.eq(time(server.updated_at)),
                servers::revision.eq(server.revision.0),
            ))
            .execute(tx.conn)
            .await?;
        if written == 0 {
            let stored: Option<i64> = servers::table
                .find(server.id.0)
                .select(servers::revision)
                .first(tx.conn)
                .await
                .optional()?;
            return Err(StoreError::Stale(stored.map(Revision)));
        }
        let happened: Vec<&RegistryEvent> = self.change.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.change.events, ())
    }
}
