//! The port `RegistrationStore`: each method is one transaction.

use async_trait::async_trait;
use diesel::SqliteConnection;
use jiff::Timestamp;
use registry_domain::change::Change;
use registry_domain::id::RegistrationId;
use registry_domain::ports::{
    ApprovalChange, CandidateRecord, DiscoveryJob, Page, PortError, RegistrationQuery,
    RegistrationStore, RegistrationView,
};
use registry_domain::registration::{Registration, Removal};

use crate::error::StoreError;
use crate::store::EmbeddedStore;

mod candidate;
mod decide;
mod list;
mod row;
mod write;

/// Makes sure that a registration is there, for what is to belong to it.
pub(crate) fn require(conn: &mut SqliteConnection, id: RegistrationId) -> Result<(), StoreError> {
    write::revision(conn, id)?.map(|_| ()).ok_or(StoreError::Gone)
}

#[async_trait]
impl RegistrationStore for EmbeddedStore {
    async fn commit(&self, change: &Change<Registration>) -> Result<(), PortError> {
        let change = change.clone();
        self.write("commit_registration", move |conn| write::commit(conn, &change)).await
    }

    async fn commit_approval(&self, approval: &ApprovalChange) -> Result<(), PortError> {
        let (approval, now) = (approval.clone(), self.clock.now());
        self.write("commit_approval", move |conn| decide::approve(conn, &approval, now)).await
    }

    async fn commit_removal(
        &self,
        removal: &Removal,
        alias_free_at: Timestamp,
    ) -> Result<(), PortError> {
        let (removal, now) = (removal.clone(), self.clock.now());
        self.write("commit_removal", move |conn| decide::remove(conn, &removal, alias_free_at, now))
            .await
    }

    async fn record_candidate(&self, record: &CandidateRecord) -> Result<bool, PortError> {
        let record = record.clone();
        self.write("record_candidate", move |conn| candidate::record(conn, &record)).await
    }

    async fn find(&self, id: RegistrationId) -> Result<Option<RegistrationView>, PortError> {
        self.read("find_registration", move |conn| list::find(conn, id)).await
    }

    async fn find_by_url(
        &self,
        text: &str,
        key: Option<&str>,
    ) -> Result<Option<RegistrationView>, PortError> {
        let (text, key) = (text.to_owned(), key.map(str::to_owned));
        self.read("find_registration_by_url", move |conn| {
            list::find_by_url(conn, &text, key.as_deref())
        })
        .await
    }

    async fn list(&self, query: &RegistrationQuery) -> Result<Page<RegistrationView>, PortError> {
        let query = query.clone();
        self.read("list_registrations", move |conn| list::list(conn, &query)).await
    }

    async fn due_discoveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DiscoveryJob>, PortError> {
        self.read("list_due_discoveries", move |conn| candidate::due(conn, now, limit)).await
    }
}
