//! The port `RegistrationStore`: each method is one transaction.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::id::RegistrationId;
use registry_domain::ports::{
    ApprovalChange, CandidateRecord, DiscoveryJob, Page, PortError, RegistrationQuery,
    RegistrationStore, RegistrationView,
};
use registry_domain::registration::{Registration, Removal};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::read::View;
use crate::schema::registrations;
use crate::store::PgStore;

mod approve;
mod candidate;
mod due;
mod list;
mod record;
mod remove;
mod row;
mod write;

/// Makes sure that a registration is there, for what is to belong to it. Until the transaction ends
/// nobody else adds to it, changes it or removes it.
pub(crate) async fn hold(conn: &mut Connection, id: RegistrationId) -> Result<(), StoreError> {
    let there: Option<Uuid> = registrations::table
        .find(id.0)
        .select(registrations::registration_id)
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    there.map(|_| ()).ok_or(StoreError::Gone)
}

#[async_trait]
impl RegistrationStore for PgStore {
    async fn commit(&self, change: &Change<Registration>) -> Result<(), PortError> {
        self.write(write::Commit(change.clone())).await
    }

    async fn commit_approval(&self, approval: &ApprovalChange) -> Result<(), PortError> {
        let (approval, now) = (approval.clone(), self.clock.now());
        self.write(approve::Approve { approval, now }).await
    }

    async fn commit_removal(
        &self,
        removal: &Removal,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        let (removal, now) = (removal.clone(), self.clock.now());
        self.write(remove::Remove { removal, alias_free_at, now }).await
    }

    async fn record_candidate(&self, record: &CandidateRecord) -> Result<bool, PortError> {
        self.write(record::Record(record.clone())).await
    }

    async fn find(&self, id: RegistrationId) -> Result<Option<RegistrationView>, PortError> {
        self.read("find_registration", View::Newest, id, |conn, id| list::find(conn, *id).boxed())
            .await
    }

    async fn find_by_url(
        &self,
        text: &str,
        key: Option<&str>,
    ) -> Result<Option<RegistrationView>, PortError> {
        let asked = (text.to_owned(), key.map(str::to_owned));
        self.read("find_registration_by_url", View::Newest, asked, |conn, (text, key)| {
            list::find_by_url(conn, text, key.as_deref()).boxed()
        })
        .await
    }

    async fn list(&self, query: &RegistrationQuery) -> Result<Page<RegistrationView>, PortError> {
        let view = if query.search.is_some() { View::Search } else { View::Newest };
        self.read("list_registrations", view, query.clone(), |conn, query| {
            list::list(conn, query).boxed()
        })
        .await
    }

    async fn due_discoveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DiscoveryJob>, PortError> {
        self.read("list_due_discoveries", View::Newest, (now, limit), |conn, (now, limit)| {
            due::due(conn, *now, *limit).boxed()
        })
        .await
    }
}
