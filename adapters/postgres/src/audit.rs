//! The audit trail: the part of what happened that people answer for.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::chain::{Entry, canonical};
use registry_domain::event::{AuditAction, RegistryEvent};
use registry_domain::id::{EventId, RegistrationId, UserId};
use registry_domain::json::normal_form;
use registry_domain::ports::{AuditQuery, AuditView, Page, Span};
use registry_domain::registration::RegistrationStatus;
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, json_value, readable, time, time_text};
use crate::schema::{audit_log, events, users};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log)]
struct AuditRow {
    log_id: Uuid,
    registration_id: Uuid,
    user_id: Uuid,
    action: String,
    previous_status: Option<String>,
    new_status: Option<String>,
    metadata: Value,
    timestamp: Time,
}

/// Writes the row that the trail keeps of an event, where it keeps one.
pub(crate) async fn append(conn: &mut Connection, event: &RegistryEvent) -> Result<(), StoreError> {
    let (Some(action), Some(registration), Some(actor)) =
        (event.kind.audit_action(), event.registration, event.actor)
    else {
        return Ok(());
    };
    let row = AuditRow {
        log_id: event.id.0,
        registration_id: registration.0,
        user_id: actor.0,
        action: action.as_str().to_owned(),
        previous_status: event.previous_status.map(|status| status.as_str().to_owned()),
        new_status: event.new_status.map(|status| status.as_str().to_owned()),
        metadata: json_value(&event.metadata)?,
        timestamp: time(event.at),
    };
    diesel::insert_into(audit_log::table).values(row).execute(conn).await?;
    Ok(())
}

/// Narrows a query down to what is asked for. A macro, as the page and the count have other types:
/// counting needs no names.
macro_rules! matching {
    ($rows:expr, $query:expr) => {{
        let mut matching = $rows;
        if let Some(registration) = $query.registration {
            matching = matching.filter(audit_log::registration_id.eq(registration.0));
        }
        if let Some(user) = $query.user {
            matching = matching.filter(audit_log::user_id.eq(user.0));
        }
        if let Some(action) = $query.action {
            matching = matching.filter(audit_log::action.eq(action.as_str()));
        }
        if let Some(from) = $query.from {
            matching = matching.filter(audit_log::timestamp.ge(time(from)));
        }
        if let Some(to) = $query.to {
            matching = matching.filter(audit_log::timestamp.le(time(to)));
        }
        matching
    }};
}

/// A page of the trail, the newest first.
pub(crate) async fn list(
    conn: &mut Connection,
    query: &AuditQuery,
) -> Result<Page<AuditView>, StoreError> {
    // Both are sent at once.
    let (mut counting, mut listing) = (&*conn, &*conn);
    let count = matching!(audit_log::table.into_boxed(), query).count();
    let page = matching!(audit_log::table.inner_join(users::table).into_boxed(), query)
        .order((audit_log::timestamp.desc(), audit_log::log_id.desc()))
        .limit(query.limit.into())
        .offset(query.offset.into())
        .select((AuditRow::as_select(), users::email, users::display_name));
    let (total, rows) = futures_util::try_join!(
        count.get_result::<i64>(&mut counting),
        page.load::<(AuditRow, String, Option<String>)>(&mut listing),
    )?;
    let views = rows.into_iter().map(|(row, email, display_name)| view(row, email, display_name));
    Ok(Page { total: total.unsigned_abs(), items: readable(views)? })
}

fn view(
    row: AuditRow,
    user_email: String,
    user_display_name: Option<String>,
) -> Result<AuditView, StoreError> {
    let place = Place { table: "audit_log", row: row.log_id };
    let status = |column, text| place.maybe_word(column, text, RegistrationStatus::parse);
    Ok(AuditView {
        id: EventId(row.log_id),
        registration: RegistrationId(row.registration_id),
        user: UserId(row.user_id),
        user_email,
        user_display_name,
        action: place.word("action", &row.action, AuditAction::parse)?,
        previous_status: status("previous_status", row.previous_status.as_deref())?,
        new_status: status("new_status", row.new_status.as_deref())?,
        metadata: row.metadata,
        at: row.timestamp.to_jiff(),
    })
}

/// Rows of the trail by the positions of their events, in their order.
pub(crate) async fn entries(
    conn: &mut Connection,
    span: Span,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut rows = events::table
        .inner_join(audit_log::table.on(audit_log::log_id.eq(events::event_id)))
        .filter(events::seq.gt(span.after))
        .order(events::seq)
        .limit(limit.into())
        .select((AuditRow::as_select(), events::seq))
        .into_boxed();
    if let Some(to) = span.to {
        rows = rows.filter(events::seq.le(to));
    }
    let rows: Vec<(AuditRow, i64)> = rows.load(conn).await?;
    Ok(rows.iter().map(|(row, position)| entry(row, *position)).collect())
}

/// The row as its chain has it.
fn entry(row: &AuditRow, position: i64) -> Entry {
    let at = row.timestamp.to_jiff();
    let [id, registration, user] =
        [row.log_id, row.registration_id, row.user_id].map(|id| id.to_string());
    let (metadata, timestamp) = (normal_form(&row.metadata), time_text(at));
    Entry {
        position,
        id: row.log_id,
        at: Some(at),
        canonical: canonical([
            ("log_id", Some(id.as_str())),
            ("registration_id", Some(&registration)),
            ("user_id", Some(&user)),
            ("action", Some(&row.action)),
            ("previous_status", row.previous_status.as_deref()),
            ("new_status", row.new_status.as_deref()),
            ("metadata", Some(&metadata)),
            ("timestamp", Some(&timestamp)),
        ]),
    }
}
