//! Writing a server with what is pinned of it.

use async_trait::async_trait;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sql_types::{Integer, Timestamptz};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::event::RegistryEvent;
use registry_domain::id::Revision;
use registry_domain::server::{HealthStatus, Server};

use super::row::ServerRow;
use super::{drift, names, pin};
use crate::connection::Connection;
use crate::error::{StoreError, is_dangling};
use crate::events;
use crate::labels::{Label, ServerStatus};
use crate::place::time;
use crate::schema::servers;
use crate::write::{AfterLoss, Tx, Write};

/// Writes a change and its events.
pub(super) struct CommitServer {
    pub(super) change: Change<Server>,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for CommitServer {
    type Output = ();
    const NAME: &'static str = "commit_server";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        write(tx.conn, &self.change, self.now).await?;
        let happened: Vec<&RegistryEvent> = self.change.events.iter().collect();
        events::append(tx, &happened, None).await
    }

    async fn explain(
        &self,
        conn: &mut Connection,
        index: String,
        source: DieselError,
    ) -> Result<StoreError, StoreError> {
        names::explain(conn, &self.change.next, index, source).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::look_for(&self.change.events, ())
    }
}

/// Writes the server alone.
pub(crate) async fn write(
    conn: &mut Connection,
    change: &Change<Server>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let server = &change.next;
    let row = ServerRow::of(server)?;
    match change.expected {
        None => {
            let written = diesel::insert_into(servers::table).values(row).execute(conn).await;
            if is_dangling(&written) {
                // Its registration, or its owner, went meanwhile.
                return Err(StoreError::Gone);
            }
            written?;
        }
        Some(expected) => {
            let label =
                |status: HealthStatus| Label(status.as_str().to_owned()).into_sql::<ServerStatus>();
            let moves = || {
                servers::endpoint_url
                    .ne(server.endpoint_url.as_str())
                    .and(servers::health_status.ne(label(HealthStatus::Maintenance)))
            };
            let long_ago = time(Timestamp::UNIX_EPOCH).into_sql::<Timestamptz>();
            let written = diesel::update(servers::table)
                .filter(servers::id.eq(server.id.0))
                .filter(servers::revision.eq(expected.0))
                .set((
                    row,
                    // Nobody knows how it is at another address; what an operator ordered stays.
                    servers::health_status.eq(case_when(moves(), label(HealthStatus::Unknown))
                        .otherwise(servers::health_status)),
                    servers::health_streak.eq(case_when(moves(), 0.into_sql::<Integer>())
                        .otherwise(servers::health_streak)),
                    servers::next_probe_at
                        .eq(case_when(moves(), long_ago).otherwise(servers::next_probe_at)),
                ))
                .execute(conn)
                .await?;
            if written == 0 {
                return Err(StoreError::Stale(revision(conn, server).await?));
            }
            pin::remove(conn, server.id).await?;
        }
    }
    // No index knows of the quarantine. It is looked at afterwards: whoever removed the alias's
    // last server was waited for.
    if names::is_in_quarantine(conn, server.tenant.as_ref(), &server.alias, now).await? {
        return Err(StoreError::Taken { key: "alias", holder: None });
    }
    drift::replace(conn, server).await?;
    pin::insert(conn, server).await
}

async fn revision(conn: &mut Connection, server: &Server) -> Result<Option<Revision>, StoreError> {
    let stored: Option<i64> =
        servers::table.find(server.id.0).select(servers::revision).first(conn).await.optional()?;
    Ok(stored.map(Revision))
}
