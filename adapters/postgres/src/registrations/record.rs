//! Keeping what a discovery found.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::manifest::Discovery;
use registry_domain::ports::CandidateRecord;
use registry_domain::registration::RegistrationStatus;
use uuid::Uuid;

use super::candidate::CandidateRow;
use crate::error::StoreError;
use crate::events;
use crate::schema::{candidate_manifests, registrations};
use crate::write::{AfterLoss, Tx, Write};

/// Keeps a record unless the registration was written since, or decided.
pub(super) struct Record(pub(super) CandidateRecord);

#[async_trait]
impl Write for Record {
    type Output = bool;
    const NAME: &'static str = "record_candidate";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Self(record) = self;
        let id = record.registration.0;
        // Locked, so that neither an edit nor a decision comes between this look and the record.
        let looked_at: Option<Uuid> = registrations::table
            .find(id)
            .filter(registrations::revision.eq(record.revision.0))
            .filter(registrations::status.eq(RegistrationStatus::Pending.as_str()))
            .select(registrations::registration_id)
            .for_no_key_update()
            .first(tx.conn)
            .await
            .optional()?;
        if looked_at.is_none() {
            return Ok(false);
        }
        let before: Option<i64> = candidate_manifests::table
            .find(id)
            .select(candidate_manifests::attempts)
            .first(tx.conn)
            .await
            .optional()?;
        let in_vain = i64::from(matches!(record.discovery, Discovery::Failed { .. }));
        let row = CandidateRow::of(record, before.unwrap_or_default() + in_vain)?;
        diesel::insert_into(candidate_manifests::table)
            .values(&row)
            .on_conflict(candidate_manifests::registration_id)
            .do_update()
            .set(&row)
            .execute(tx.conn)
            .await?;
        events::append(tx, &[&record.event], None).await?;
        Ok(true)
    }

    fn after_loss(&self) -> AfterLoss<bool> {
        AfterLoss::LookFor(self.0.event.id, true)
    }
}
