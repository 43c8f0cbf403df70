//! Writing a registration: guarded by its revision, together with its events.

use diesel::prelude::*;
use registry_domain::change::Change;
use registry_domain::id::{RegistrationId, Revision};
use registry_domain::registration::{Registration, RegistrationStatus};

use super::candidate;
use super::row::RegistrationRow;
use crate::error::{StoreError, is_duplicate};
use crate::events;
use crate::place::Place;
use crate::schema::registrations;

/// Writes a change and its events. Only a rejection keeps the candidate that it was made on: all
/// else that comes here may have changed what there is to discover.
pub(super) fn commit(
    conn: &mut SqliteConnection,
    change: &Change<Registration>,
) -> Result<(), StoreError> {
    write(conn, change)?;
    if change.next.status() != RegistrationStatus::Rejected {
        candidate::forget(conn, change.next.id)?;
    }
    events::append(conn, &change.events, None)
}

/// Writes the registration alone.
pub(super) fn write(
    conn: &mut SqliteConnection,
    change: &Change<Registration>,
) -> Result<(), StoreError> {
    let id = change.next.id;
    let row = RegistrationRow::of(&change.next)?;
    let written = match change.expected {
        None => diesel::insert_into(registrations::table).values(row).execute(conn),
        Some(expected) => diesel::update(registrations::table)
            .filter(registrations::registration_id.eq(id.to_string()))
            .filter(registrations::revision.eq(expected.0))
            .set(row)
            .execute(conn),
    };
    if is_duplicate(&written) {
        return Err(holder(conn, &change.next)?);
    }
    if written? == 0 {
        return Err(StoreError::Stale(revision(conn, id)?));
    }
    if change.next.status() == RegistrationStatus::Pending {
        refuse_served(conn, &change.next)?;
    }
    Ok(())
}

/// Refuses an address that another registration serves while it proposes a new one.
fn refuse_served(conn: &mut SqliteConnection, wanted: &Registration) -> Result<(), StoreError> {
    let holder: Option<String> = registrations::table
        .filter(registrations::standing_url_key.eq(wanted.content.endpoint_url.key()))
        .filter(registrations::registration_id.ne(wanted.id.to_string()))
        .select(registrations::registration_id)
        .first(conn)
        .optional()?;
    let Some(holder) = holder else { return Ok(()) };
    let place = Place { table: "registrations", row: &holder };
    let holder = place.uuid("registration_id", &holder)?;
    Err(StoreError::Taken { key: "endpoint_url", holder: Some(holder) })
}

/// The revision that is stored.
pub(super) fn revision(
    conn: &mut SqliteConnection,
    id: RegistrationId,
) -> Result<Option<Revision>, StoreError> {
    let stored: Option<i64> = registrations::table
        .find(id.to_string())
        .select(registrations::revision)
        .first(conn)
        .optional()?;
    Ok(stored.map(Revision))
}

/// Which key of a registration is taken, and by whom.
fn holder(conn: &mut SqliteConnection, wanted: &Registration) -> Result<StoreError, StoreError> {
    let url = &wanted.content.endpoint_url;
    let holder: Option<String> = registrations::table
        .filter(registrations::registration_id.ne(wanted.id.to_string()))
        .filter(
            registrations::endpoint_url.eq(url.as_str()).or(registrations::url_key.eq(url.key())),
        )
        .select(registrations::registration_id)
        .first(conn)
        .optional()?;
    let (key, holder) = match holder {
        Some(text) => {
            let place = Place { table: "registrations", row: &text };
            ("endpoint_url", place.uuid("registration_id", &text)?)
        }
        None => ("registration_id", wanted.id.0),
    };
    Ok(StoreError::Taken { key, holder: Some(holder) })
}
