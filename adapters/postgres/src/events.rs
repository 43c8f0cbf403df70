//! The event log: what happened, in commit order, for followers in this process and in others.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::event::{EventKind, EventSeq, RegistryEvent, SequencedEvent};
use registry_domain::id::{EventId, RegistrationId, ServerId, UserId};
use registry_domain::ports::{AuditQuery, AuditView, EventLog, Page, PortError};
use registry_domain::registration::RegistrationStatus;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use crate::audit;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, json_value, time};
use crate::read::View;
use crate::schema::{event_head, events};
use crate::store::PgStore;
use crate::write::Tx;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = events)]
struct EventRow {
    /// Given by a trigger.
    #[diesel(skip_insertion)]
    seq: i64,
    event_id: Uuid,
    kind: String,
    actor: Option<Uuid>,
    registration_id: Option<Uuid>,
    server_id: Option<Uuid>,
    tenant_id: Option<String>,
    previous_status: Option<String>,
    new_status: Option<String>,
    metadata: Value,
    at: Time,
}

impl EventRow {
    fn of(event: &RegistryEvent, server: Option<ServerId>) -> Result<Self, StoreError> {
        Ok(Self {
            seq: 0,
            event_id: event.id.0,
            kind: event.kind.as_str().to_owned(),
            actor: event.actor.map(|id| id.0),
            registration_id: event.registration.map(|id| id.0),
            server_id: event.server.or(server).map(|id| id.0),
            tenant_id: event.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            previous_status: event.previous_status.map(|status| status.as_str().to_owned()),
            new_status: event.new_status.map(|status| status.as_str().to_owned()),
            metadata: json_value(&event.metadata)?,
            at: time(event.at),
        })
    }

    fn read(self) -> Result<SequencedEvent, StoreError> {
        let place = Place { table: "events", row: self.event_id };
        let status = |column, text| place.maybe_word(column, text, RegistrationStatus::parse);
        let event = RegistryEvent {
            id: EventId(self.event_id),
            at: self.at.to_jiff(),
            kind: place.word("kind", &self.kind, EventKind::parse)?,
            actor: self.actor.map(UserId),
            registration: self.registration_id.map(RegistrationId),
            server: self.server_id.map(ServerId),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            previous_status: status("previous_status", self.previous_status.as_deref())?,
            new_status: status("new_status", self.new_status.as_deref())?,
            metadata: self.metadata,
        };
        Ok(SequencedEvent { seq: EventSeq(self.seq), event })
    }
}

/// Writes events into the log, and before them into the audit trail those that belong there. An
/// event that names no server gets `server`: followers read a server anew for each event that
/// names it.
pub(crate) async fn append(
    tx: &mut Tx<'_>,
    happened: &[&RegistryEvent],
    server: Option<ServerId>,
) -> Result<(), StoreError> {
    for event in happened {
        audit::append(tx.conn, event).await?;
    }
    for event in happened {
        let seq = diesel::insert_into(events::table)
            .values(EventRow::of(event, server)?)
            .returning(events::seq)
            .get_result(tx.conn)
            .await?;
        tx.newest = Some(seq);
    }
    Ok(())
}

/// The newest event's position.
pub(crate) async fn latest(conn: &mut Connection) -> Result<i64, StoreError> {
    Ok(event_head::table.select(event_head::seq).first(conn).await?)
}

/// Wakes who waits for an event up to this position.
pub(crate) fn publish(newest: &watch::Sender<i64>, latest: i64) {
    newest.send_if_modified(|known| {
        let grown = latest > *known;
        *known = latest.max(*known);
        grown
    });
}

/// Takes over what the counter was found to be. That may be less than was known: a backup was
/// brought back, and who believed the old number would be woken without end. But who committed
/// since the look began (at `before`) knows better.
pub(crate) fn correct(newest: &watch::Sender<i64>, before: i64, latest: i64) {
    newest.send_if_modified(|known| {
        let is_news = latest > *known || (latest < *known && *known == before);
        if is_news {
            *known = latest;
        }
        is_news
    });
}

/// Events after a position. One that does not read is an error here: to leave it out would be to
/// skip it.
async fn after(
    conn: &mut Connection,
    (seq, limit): (EventSeq, u32),
) -> Result<Vec<SequencedEvent>, StoreError> {
    let rows: Vec<EventRow> = events::table
        .filter(events::seq.gt(seq.0))
        .order(events::seq)
        .limit(limit.into())
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(EventRow::read).collect()
}

#[async_trait]
impl EventLog for PgStore {
    async fn latest(&self) -> Result<EventSeq, PortError> {
        let latest = self.read("latest_event", View::Newest, (), |conn, ()| latest(conn).boxed());
        latest.await.map(EventSeq)
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Vec<SequencedEvent>, PortError> {
        let asked = (seq, limit);
        self.read("list_events", View::Newest, asked, |conn, asked| after(conn, *asked).boxed())
            .await
    }

    async fn wait(&self, seq: EventSeq) {
        let mut newest = self.core.newest.subscribe();
        // The sender lives as long as the store: it ends only with an event.
        let _told = newest.wait_for(|newest| *newest > seq.0).await;
    }

    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditView>, PortError> {
        self.read("list_audit_log", View::Newest, query.clone(), |conn, query| {
            audit::list(conn, query).boxed()
        })
        .await
    }
}
