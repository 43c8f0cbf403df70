//! The audit trail: the part of what happened that people answer for.

use diesel::prelude::*;
use registry_domain::chain::{Entry, canonical};
use registry_domain::event::{AuditAction, RegistryEvent};
use registry_domain::id::{EventId, RegistrationId, UserId};
use registry_domain::json::normal_text;
use registry_domain::ports::{AuditQuery, AuditView, Page, Span};
use registry_domain::registration::RegistrationStatus;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, json_text, readable, time_text};
use crate::schema::{audit_log, events, users};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log)]
struct AuditRow {
    log_id: String,
    registration_id: String,
    user_id: String,
    action: String,
    previous_status: Option<String>,
    new_status: Option<String>,
    metadata: String,
    timestamp: String,
}

/// Writes the row that the trail keeps of an event, where it keeps one.
pub(crate) fn append(conn: &mut SqliteConnection, event: &RegistryEvent) -> Result<(), StoreError> {
    let (Some(action), Some(registration), Some(actor)) =
        (event.kind.audit_action(), event.registration, event.actor)
    else {
        return Ok(());
    };
    let row = AuditRow {
        log_id: event.id.to_string(),
        registration_id: registration.to_string(),
        user_id: actor.to_string(),
        action: action.as_str().to_owned(),
        previous_status: event.previous_status.map(|status| status.as_str().to_owned()),
        new_status: event.new_status.map(|status| status.as_str().to_owned()),
        metadata: json_text(&event.metadata)?,
        timestamp: time_text(event.at),
    };
    diesel::insert_into(audit_log::table).values(row).execute(conn)?;
    Ok(())
}

/// Narrows a query down to what is asked for. A macro, as the page and the count have other types:
/// counting needs no names.
macro_rules! matching {
    ($rows:expr, $query:expr) => {{
        let mut matching = $rows;
        if let Some(registration) = $query.registration {
            matching = matching.filter(audit_log::registration_id.eq(registration.to_string()));
        }
        if let Some(user) = $query.user {
            matching = matching.filter(audit_log::user_id.eq(user.to_string()));
        }
        if let Some(action) = $query.action {
            matching = matching.filter(audit_log::action.eq(action.as_str()));
        }
        if let Some(from) = $query.from {
            matching = matching.filter(audit_log::timestamp.ge(time_text(from)));
        }
        if let Some(to) = $query.to {
            matching = matching.filter(audit_log::timestamp.le(time_text(to)));
        }
        matching
    }};
}

/// A page of the trail, the newest first.
pub(crate) fn list(
    conn: &mut SqliteConnection,
    query: &AuditQuery,
) -> Result<Page<AuditView>, StoreError> {
    let total: i64 = matching!(audit_log::table.into_boxed(), query).count().get_result(conn)?;
    let rows: Vec<(AuditRow, String, Option<String>)> =
        matching!(audit_log::table.inner_join(users::table).into_boxed(), query)
            .order((audit_log::timestamp.desc(), audit_log::log_id.desc()))
            .limit(query.limit.into())
            .offset(query.offset.into())
            .select((AuditRow::as_select(), users::email, users::display_name))
            .load(conn)?;
    let views = rows.into_iter().map(|(row, email, display_name)| view(&row, email, display_name));
    let items = readable(views)?;
    Ok(Page { total: total.unsigned_abs(), items })
}

fn view(
    row: &AuditRow,
    user_email: String,
    user_display_name: Option<String>,
) -> Result<AuditView, StoreError> {
    let place = Place { table: "audit_log", row: &row.log_id };
    let status = |column, text| place.maybe_word(column, text, RegistrationStatus::parse);
    Ok(AuditView {
        id: EventId(place.uuid("log_id", &row.log_id)?),
        registration: RegistrationId(place.uuid("registration_id", &row.registration_id)?),
        user: UserId(place.uuid("user_id", &row.user_id)?),
        user_email,
        user_display_name,
        action: place.word("action", &row.action, AuditAction::parse)?,
        previous_status: status("previous_status", row.previous_status.as_deref())?,
        new_status: status("new_status", row.new_status.as_deref())?,
        metadata: place.json("metadata", &row.metadata)?,
        at: place.time("timestamp", &row.timestamp)?,
    })
}

/// Rows of the trail by the positions of their events, in their order.
pub(crate) fn entries(
    conn: &mut SqliteConnection,
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
    let rows: Vec<(AuditRow, i64)> = rows.load(conn)?;
    Ok(rows.iter().map(|(row, position)| entry(row, *position)).collect())
}

/// The row as its chain has it: what stands in it, whether it reads or not.
fn entry(row: &AuditRow, position: i64) -> Entry {
    Entry {
        position,
        id: Uuid::try_parse(&row.log_id).unwrap_or_default(),
        at: row.timestamp.parse().ok(),
        canonical: canonical([
            ("log_id", Some(row.log_id.as_str())),
            ("registration_id", Some(&row.registration_id)),
            ("user_id", Some(&row.user_id)),
            ("action", Some(&row.action)),
            ("previous_status", row.previous_status.as_deref()),
            ("new_status", row.new_status.as_deref()),
            ("metadata", Some(&normal_text(&row.metadata))),
            ("timestamp", Some(&row.timestamp)),
        ]),
    }
}
