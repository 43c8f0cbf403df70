//! What probes found, many in one statement.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use registry_domain::event::RegistryEvent;
use registry_domain::health::HealthNote;
use registry_domain::id::ServerId;
use uuid::Uuid;

use crate::error::StoreError;
use crate::events;
use crate::place::{Time, time};
use crate::write::{AfterLoss, Tx, Write};

/// Writes the notes that were judged on what is stored.
const NOTE: &str = "UPDATE servers SET health_status = note.status::server_status_enum, \
     health_streak = note.streak, last_health_check = note.at, \
     next_probe_at = note.next_probe_at, \
     compared_at = COALESCE(note.compared_at, servers.compared_at) \
     FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS note (id, before_status, before_streak, \
     status, streak, at, next_probe_at, compared_at) \
     WHERE servers.id = note.id \
     AND servers.health_status = note.before_status::server_status_enum \
     AND servers.health_streak = note.before_streak \
     RETURNING servers.id";

#[derive(QueryableByName)]
struct Noted {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Notes, column by column.
pub(super) struct Note {
    ids: Vec<Uuid>,
    before_statuses: Vec<&'static str>,
    before_streaks: Vec<i32>,
    statuses: Vec<&'static str>,
    streaks: Vec<i32>,
    times: Vec<Time>,
    next_times: Vec<Time>,
    compared: Vec<Option<Time>>,
    events: Vec<(Uuid, RegistryEvent)>,
}

impl Note {
    /// The columns of these notes.
    pub(super) fn of(notes: &[HealthNote]) -> Self {
        let event_of = |note: &HealthNote| Some((note.server.0, note.event.clone()?));
        Self {
            ids: notes.iter().map(|note| note.server.0).collect(),
            before_statuses: notes.iter().map(|note| note.before.status.as_str()).collect(),
            before_streaks: notes.iter().map(|note| note.before.streak).collect(),
            statuses: notes.iter().map(|note| note.after.status.as_str()).collect(),
            streaks: notes.iter().map(|note| note.after.streak).collect(),
            times: notes.iter().map(|note| time(note.at)).collect(),
            next_times: notes.iter().map(|note| time(note.next_probe_at)).collect(),
            compared: notes.iter().map(|note| note.compared_at.map(time)).collect(),
            events: notes.iter().filter_map(event_of).collect(),
        }
    }
}

#[async_trait]
impl Write for Note {
    type Output = Vec<ServerId>;
    const NAME: &'static str = "note_health";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<ServerId>, StoreError> {
        let noted: Vec<Noted> = diesel::sql_query(NOTE)
            .bind::<Array<SqlUuid>, _>(&self.ids)
            .bind::<Array<Text>, _>(&self.before_statuses)
            .bind::<Array<Integer>, _>(&self.before_streaks)
            .bind::<Array<Text>, _>(&self.statuses)
            .bind::<Array<Integer>, _>(&self.streaks)
            .bind::<Array<Timestamptz>, _>(&self.times)
            .bind::<Array<Timestamptz>, _>(&self.next_times)
            .bind::<Array<Nullable<Timestamptz>>, _>(&self.compared)
            .load(tx.conn)
            .await?;
        let noted: HashSet<Uuid> = noted.into_iter().map(|noted| noted.id).collect();
        let happened: Vec<&RegistryEvent> = self
            .events
            .iter()
            .filter(|(server, _)| noted.contains(server))
            .map(|(_, event)| event)
            .collect();
        events::append(tx, &happened, None).await?;
        Ok(noted.into_iter().map(ServerId).collect())
    }

    fn after_loss(&self) -> AfterLoss<Vec<ServerId>> {
        // What was kept the first time is no longer what it was judged on: nothing happens twice.
        AfterLoss::Again
    }
}
