//! Candidates: what discovery found for the present content of a registration that waits for a
//! decision. No row means that nobody has looked yet.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::id::RegistrationId;
use registry_domain::manifest::{Digest, Discovery, FaultClass, Manifest};
use registry_domain::ports::CandidateRecord;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, time, without_nul};
use crate::schema::candidate_manifests;

/// A row of `candidate_manifests`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = candidate_manifests)]
#[diesel(primary_key(registration_id), treat_none_as_null = true)]
pub(super) struct CandidateRow {
    registration_id: Uuid,
    state: String,
    fault_class: Option<String>,
    fault_detail: Option<String>,
    digest: Option<String>,
    definitions: Option<String>,
    for_revision: i64,
    attempts: i64,
    next_attempt_at: Option<Time>,
    seen_at: Option<Time>,
}

impl CandidateRow {
    /// What a discovery found, as it is written.
    pub(super) fn of(record: &CandidateRecord, attempts: i64) -> Result<Self, StoreError> {
        let mut row = Self {
            registration_id: record.registration.0,
            state: record.discovery.state().to_owned(),
            fault_class: None,
            fault_detail: None,
            digest: record.discovery.digest().map(|digest| digest.to_string()),
            definitions: record.discovery.manifest().map(document).transpose()?,
            for_revision: record.revision.0,
            attempts,
            next_attempt_at: record.next_attempt_at.map(time),
            seen_at: None,
        };
        match &record.discovery {
            Discovery::Pending => {}
            Discovery::Complete { at, .. } => row.seen_at = Some(time(*at)),
            Discovery::Failed { class, detail, at } => {
                row.fault_class = Some(class.as_str().to_owned());
                row.fault_detail = Some(without_nul(detail).into_owned());
                row.seen_at = Some(time(*at));
            }
        }
        Ok(row)
    }

    /// The discovery that was written.
    pub(super) fn read(self) -> Result<Discovery, StoreError> {
        let place = Place { table: "candidate_manifests", row: self.registration_id };
        let at = || place.required("seen_at", self.seen_at).map(Time::to_jiff);
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

/// Forgets what was found: the content may be another now.
pub(super) async fn forget(conn: &mut Connection, id: RegistrationId) -> Result<(), StoreError> {
    diesel::delete(candidate_manifests::table.find(id.0)).execute(conn).await?;
    Ok(())
}

/// The digest of the present candidate.
pub(super) async fn digest(
    conn: &mut Connection,
    id: RegistrationId,
) -> Result<Option<Digest>, StoreError> {
    let stored: Option<Option<String>> = candidate_manifests::table
        .find(id.0)
        .select(candidate_manifests::digest)
        .first(conn)
        .await
        .optional()?;
    let place = Place { table: "candidate_manifests", row: id.0 };
    place.maybe_word("digest", stored.flatten().as_deref(), Digest::parse)
}
