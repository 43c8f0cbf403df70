//! The event log: what happened, in commit order, for followers in this process and in others.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use registry_domain::event::{EventKind, EventSeq, RegistryEvent, SequencedEvent};
use registry_domain::id::{EventId, RegistrationId, ServerId, UserId};
use registry_domain::ports::{AuditQuery, AuditView, EventLog, Page, PortError};
use registry_domain::registration::RegistrationStatus;
use tokio::sync::watch;

use crate::audit;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, json_text, time_text};
use crate::schema::events;
use crate::store::EmbeddedStore;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = events)]
struct EventRow {
    #[diesel(skip_insertion)]
    seq: i64,
    event_id: String,
    kind: String,
    actor: Option<String>,
    registration_id: Option<String>,
    server_id: Option<String>,
    tenant_id: Option<String>,
    previous_status: Option<String>,
    new_status: Option<String>,
    metadata: String,
    at: String,
}

impl EventRow {
    fn of(event: &RegistryEvent, server: Option<ServerId>) -> Result<Self, StoreError> {
        Ok(Self {
            seq: 0,
            event_id: event.id.to_string(),
            kind: event.kind.as_str().to_owned(),
            actor: event.actor.map(|id| id.to_string()),
            registration_id: event.registration.map(|id| id.to_string()),
            server_id: event.server.or(server).map(|id| id.to_string()),
            tenant_id: event.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            previous_status: event.previous_status.map(|status| status.as_str().to_owned()),
            new_status: event.new_status.map(|status| status.as_str().to_owned()),
            metadata: json_text(&event.metadata)?,
            at: time_text(event.at),
        })
    }

    fn read(self) -> Result<SequencedEvent, StoreError> {
        let place = Place { table: "events", row: &self.event_id };
        let status = |column, text| place.maybe_word(column, text, RegistrationStatus::parse);
        let event = RegistryEvent {
            id: EventId(place.uuid("event_id", &self.event_id)?),
            at: place.time("at", &self.at)?,
            kind: place.word("kind", &self.kind, EventKind::parse)?,
            actor: place.maybe_uuid("actor", self.actor.as_deref())?.map(UserId),
            registration: place
                .maybe_uuid("registration_id", self.registration_id.as_deref())?
                .map(RegistrationId),
            server: place.maybe_uuid("server_id", self.server_id.as_deref())?.map(ServerId),
            tenant: place.tenant(self.tenant_id.as_deref())?,
            previous_status: status("previous_status", self.previous_status.as_deref())?,
            new_status: status("new_status", self.new_status.as_deref())?,
            metadata: place.json("metadata", &self.metadata)?,
        };
        Ok(SequencedEvent { seq: EventSeq(self.seq), event })
    }
}

/// Writes events into the log, and into the audit trail those that belong there. An event that
/// names no server gets `server`: followers read a server anew for each event that names it.
pub(crate) fn append(
    conn: &mut SqliteConnection,
    happened: &[RegistryEvent],
    server: Option<ServerId>,
) -> Result<(), StoreError> {
    for event in happened {
        audit::append(conn, event)?;
        diesel::insert_into(events::table).values(EventRow::of(event, server)?).execute(conn)?;
    }
    Ok(())
}

/// The newest event's position.
pub(crate) fn latest(conn: &mut SqliteConnection) -> QueryResult<i64> {
    let newest: Option<i64> = events::table.select(diesel::dsl::max(events::seq)).first(conn)?;
    Ok(newest.unwrap_or_default())
}

/// Wakes who waits for an event up to this position.
pub(crate) fn publish(newest: &watch::Sender<i64>, latest: i64) {
    newest.send_if_modified(|known| {
        let grown = latest > *known;
        *known = latest.max(*known);
        grown
    });
}

/// Watches the file for what other processes write, on a connection of its own: `PRAGMA
/// data_version` changes when any other connection commits, and costs no disk access.
pub(crate) struct Lookout {
    conn: Connection,
    seen: Option<i64>,
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

impl Lookout {
    /// Begins to watch.
    pub(crate) fn new(conn: Connection) -> Self {
        Self { conn, seen: None }
    }

    /// The newest event's position, if anything was written since the last look. Operation
    /// records count as written too: the position says whether it concerns a follower.
    async fn look(&mut self) -> QueryResult<Option<i64>> {
        let seen = self.seen;
        let (version, newest) = self
            .conn
            .spawn_blocking(move |conn| {
                let version = diesel::sql_query("PRAGMA data_version")
                    .get_result::<DataVersion>(conn)?
                    .data_version;
                let newest = if seen == Some(version) { None } else { Some(latest(conn)?) };
                Ok((version, newest))
            })
            .await?;
        // Kept only now: a look that was dropped half-way is done again.
        self.seen = Some(version);
        Ok(newest)
    }
}

impl EmbeddedStore {
    /// Looks at the file again and again. One of those who wait does it; when it stops, the next
    /// one takes over. Between two looks it holds no thread.
    async fn watch_other_processes(&self) {
        let mut lookout = self.lookout.lock().await;
        loop {
            match lookout.look().await {
                Ok(Some(latest)) => publish(&self.newest, latest),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the event log could not be looked at"),
            }
            tokio::time::sleep(self.options.poll_interval).await;
        }
    }
}

#[async_trait]
impl EventLog for EmbeddedStore {
    async fn latest(&self) -> Result<EventSeq, PortError> {
        self.read("latest_event", |conn| Ok(EventSeq(latest(conn)?))).await
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Vec<SequencedEvent>, PortError> {
        self.read("list_events", move |conn| {
            let rows: Vec<EventRow> = events::table
                .filter(events::seq.gt(seq.0))
                .order(events::seq)
                .limit(limit.into())
                .select(EventRow::as_select())
                .load(conn)?;
            rows.into_iter().map(EventRow::read).collect()
        })
        .await
    }

    async fn wait(&self, seq: EventSeq) {
        let mut newest = self.newest.subscribe();
        tokio::select! {
            _ = newest.wait_for(|newest| *newest > seq.0) => {}
            () = self.watch_other_processes() => {}
        }
    }

    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditView>, PortError> {
        let query = query.clone();
        self.read("list_audit_log", move |conn| audit::list(conn, &query)).await
    }
}
