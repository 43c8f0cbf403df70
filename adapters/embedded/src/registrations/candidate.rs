//! Candidates: what discovery found for the present content of a registration that waits for a
//! decision. No row means that nobody has looked yet.

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::id::RegistrationId;
use registry_domain::manifest::{Digest, Discovery, FaultClass, Manifest};
use registry_domain::ports::{CandidateRecord, DiscoveryJob};
use registry_domain::registration::RegistrationStatus;

use super::row::RegistrationRow;
use crate::error::StoreError;
use crate::events;
use crate::place::{Place, readable, time_text};
use crate::schema::{candidate_manifests, registrations};

/// A row of `candidate_manifests`.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = candidate_manifests)]
pub(super) struct CandidateRow {
    registration_id: String,
    state: String,
    fault_class: Option<String>,
    fault_detail: Option<String>,
    digest: Option<String>,
    definitions: Option<String>,
    for_revision: i64,
    attempts: i64,
    next_attempt_at: Option<String>,
    seen_at: Option<String>,
}

impl CandidateRow {
    fn of(record: &CandidateRecord, attempts: i64) -> Result<Self, StoreError> {
        let mut row = Self {
            registration_id: record.registration.to_string(),
            state: record.discovery.state().to_owned(),
            fault_class: None,
            fault_detail: None,
            digest: record.discovery.digest().map(|digest| digest.to_string()),
            definitions: record.discovery.manifest().map(document).transpose()?,
            for_revision: record.revision.0,
            attempts,
            next_attempt_at: record.next_attempt_at.map(time_text),
            seen_at: None,
        };
        match &record.discovery {
            Discovery::Pending => {}
            Discovery::Complete { at, .. } => row.seen_at = Some(time_text(*at)),
            Discovery::Failed { class, detail, at } => {
                row.fault_class = Some(class.as_str().to_owned());
                row.fault_detail = Some(detail.clone());
                row.seen_at = Some(time_text(*at));
            }
        }
        Ok(row)
    }

    /// The discovery that was written.
    pub(super) fn read(self) -> Result<Discovery, StoreError> {
        let place = Place { table: "candidate_manifests", row: &self.registration_id };
        let at = || place.time("seen_at", self.seen_at.as_deref().unwrap_or_default());
        match self.state.as_str() {
            "pending" => Ok(Discovery::Pending),
            "complete" => {
                let stored = self.definitions.as_deref().unwrap_or_default();
                let manifest = Manifest::from_document(stored)
                    .map_err(|source| place.unreadable("definitions", source))?;
                Ok(Discovery::Complete { manifest, at: at()? })
            }
            "failed" => Ok(Discovery::Failed {
                class: place.word(
                    "fault_class",
                    self.fault_class.as_deref().unwrap_or_default(),
                    FaultClass::parse,
                )?,
                detail: self.fault_detail.clone().unwrap_or_default(),
                at: at()?,
            }),
            other => Err(place.unreadable("state", format!("unknown word {other:?}"))),
        }
    }
}

/// A candidate as it is kept.
fn document(manifest: &Manifest) -> Result<String, StoreError> {
    manifest.to_document().map_err(|source| StoreError::Unreadable {
        what: "a candidate to be stored".to_owned(),
        source: Box::new(source),
    })
}

/// Keeps a record unless the registration was written since, or decided.
pub(super) fn record(
    conn: &mut SqliteConnection,
    record: &CandidateRecord,
) -> Result<bool, StoreError> {
    let id = record.registration.to_string();
    let looked_at: i64 = registrations::table
        .find(&id)
        .filter(registrations::revision.eq(record.revision.0))
        .filter(registrations::status.eq(RegistrationStatus::Pending.as_str()))
        .count()
        .get_result(conn)?;
    if looked_at == 0 {
        return Ok(false);
    }
    let before: Option<i64> = candidate_manifests::table
        .find(&id)
        .select(candidate_manifests::attempts)
        .first(conn)
        .optional()?;
    let in_vain = i64::from(matches!(record.discovery, Discovery::Failed { .. }));
    let row = CandidateRow::of(record, before.unwrap_or_default() + in_vain)?;
    diesel::replace_into(candidate_manifests::table).values(row).execute(conn)?;
    events::append(conn, std::slice::from_ref(&record.event), None)?;
    Ok(true)
}

/// Forgets what was found: the content may be another now.
pub(super) fn forget(conn: &mut SqliteConnection, id: RegistrationId) -> Result<(), StoreError> {
    diesel::delete(candidate_manifests::table.find(id.to_string())).execute(conn)?;
    Ok(())
}

/// The digest of the present candidate.
pub(super) fn digest(
    conn: &mut SqliteConnection,
    id: RegistrationId,
) -> Result<Option<Digest>, StoreError> {
    let id = id.to_string();
    let stored: Option<Option<String>> = candidate_manifests::table
        .find(&id)
        .select(candidate_manifests::digest)
        .first(conn)
        .optional()?;
    let place = Place { table: "candidate_manifests", row: &id };
    place.maybe_word("digest", stored.flatten().as_deref(), Digest::parse)
}

/// Registrations to look at now: those never looked at first, then by when they are due.
pub(super) fn due(
    conn: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DiscoveryJob>, StoreError> {
    let never_looked_at = candidate_manifests::state.nullable().is_null();
    let to_be_tried_again = candidate_manifests::state
        .nullable()
        .ne("complete")
        .and(candidate_manifests::next_attempt_at.nullable().le(time_text(now)));
    let rows: Vec<(RegistrationRow, Option<i64>)> = registrations::table
        .left_join(candidate_manifests::table)
        .filter(registrations::status.eq(RegistrationStatus::Pending.as_str()))
        .filter(never_looked_at.or(to_be_tried_again.assume_not_null()))
        .order((
            candidate_manifests::next_attempt_at.nullable().asc(),
            registrations::submitted_at.asc(),
            registrations::registration_id.asc(),
        ))
        .limit(limit.into())
        .select((RegistrationRow::as_select(), candidate_manifests::attempts.nullable()))
        .load(conn)?;
    readable(rows.into_iter().map(|(row, attempts)| {
        let attempts = u32::try_from(attempts.unwrap_or_default()).unwrap_or(u32::MAX);
        Ok(DiscoveryJob { registration: row.read()?, attempts })
    }))
}
