//! Which registrations to look at now.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::ports::DiscoveryJob;
use registry_domain::registration::RegistrationStatus;

use super::row::RegistrationRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{readable, time};
use crate::schema::{candidate_manifests, registrations};

/// Registrations to look at now: those never looked at first, then by when they are due.
pub(super) async fn due(
    conn: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DiscoveryJob>, StoreError> {
    let never_looked_at = candidate_manifests::state.nullable().is_null();
    let to_be_tried_again = candidate_manifests::state
        .nullable()
        .ne("complete")
        .and(candidate_manifests::next_attempt_at.nullable().le(time(now)));
    let rows: Vec<(RegistrationRow, Option<i64>)> = registrations::table
        .left_join(candidate_manifests::table)
        .filter(registrations::status.eq(RegistrationStatus::Pending.as_str()))
        .filter(never_looked_at.or(to_be_tried_again.assume_not_null()))
        .order((
            candidate_manifests::next_attempt_at.nullable().asc().nulls_first(),
            registrations::submitted_at.asc(),
            registrations::registration_id.asc(),
        ))
        .limit(limit.into())
        .select((RegistrationRow::as_select(), candidate_manifests::attempts.nullable()))
        .load(conn)
        .await?;
    readable(rows.into_iter().map(|(row, attempts)| {
        let attempts = u32::try_from(attempts.unwrap_or_default()).unwrap_or(u32::MAX);
        Ok(DiscoveryJob { registration: row.read()?, attempts })
    }))
}
