//! Decisions that move a registration and its server together.

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::ports::ApprovalChange;
use registry_domain::registration::Removal;

use super::{candidate, write};
use crate::error::StoreError;
use crate::events;
use crate::schema::registrations;
use crate::servers;

/// Writes the decision, if it was made on the present candidate, and makes (or changes) the server.
pub(super) fn approve(
    conn: &mut SqliteConnection,
    approval: &ApprovalChange,
    now: Timestamp,
) -> Result<(), StoreError> {
    let decided = &approval.registration;
    write::write(conn, decided)?;
    if candidate::digest(conn, decided.next.id)? != approval.candidate {
        return Err(StoreError::Stale(decided.expected));
    }
    servers::write(conn, &approval.server, now)?;
    events::append(conn, &decided.events, None)?;
    events::append(conn, &approval.server.events, None)
}

/// Removes a registration, its candidate and its server. The events name the server too, so that
/// followers notice that it is gone.
pub(super) fn remove(
    conn: &mut SqliteConnection,
    removal: &Removal,
    alias_free_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let stored = write::revision(conn, removal.id)?.ok_or(StoreError::Gone)?;
    if stored != removal.expected {
        return Err(StoreError::Stale(Some(stored)));
    }
    let server = servers::remove_of_registration(conn, removal.id, alias_free_at, now)?;
    // Candidate, documents and links go with it (ON DELETE CASCADE).
    diesel::delete(registrations::table.find(removal.id.to_string())).execute(conn)?;
    events::append(conn, &removal.events, server)
}
