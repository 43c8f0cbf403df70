//! People, registrations, events and records: the store knows people, and nothing else.

use super::*;

#[async_trait]
impl UserStore for Broken {
    async fn ensure_user(&self, identity: &Identity, new_id: UserId) -> Result<Ensured, PortError> {
        let user = User {
            id: new_id,
            subject: identity.subject.clone(),
            tenant: None,
            email: identity.email_or_placeholder(),
            display_name: None,
            is_admin: false,
            admin_source: AdminSource::Manual,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        match identity.subject.as_str() {
            "newcomer" => Ok(Ensured::Created(user)),
            "nobody" => down(),
            _ => Ok(Ensured::Same(user)),
        }
    }

    async fn administrators(&self, _most: u32) -> Result<Vec<(String, AdminSource)>, PortError> {
        down()
    }

    async fn find(&self, _id: UserId) -> Result<Option<User>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl RegistrationStore for Broken {
    async fn commit(&self, _change: &Change<Registration>) -> Result<(), PortError> {
        down()
    }

    async fn commit_approval(&self, _approval: &ApprovalChange) -> Result<(), PortError> {
        down()
    }

    async fn commit_removal(&self, _removal: &Removal, _free: Timestamp) -> Result<(), PortError> {
        down()
    }

    async fn record_candidate(&self, _record: &CandidateRecord) -> Result<bool, PortError> {
        down()
    }

    async fn find(&self, _id: RegistrationId) -> Result<Option<RegistrationView>, PortError> {
        down()
    }

    async fn find_by_url(
        &self,
        _text: &str,
        _key: Option<&str>,
    ) -> Result<Option<RegistrationView>, PortError> {
        Ok(None)
    }

    async fn list(&self, _query: &RegistrationQuery) -> Result<Page<RegistrationView>, PortError> {
        Ok(Page { total: 0, items: Vec::new() })
    }

    async fn due_discoveries(
        &self,
        _now: Timestamp,
        _limit: u32,
    ) -> Result<Vec<DiscoveryJob>, PortError> {
        down()
    }
}

#[async_trait]
impl EventLog for Broken {
    async fn latest(&self) -> Result<EventSeq, PortError> {
        down()
    }

    async fn after(&self, _seq: EventSeq, _limit: u32) -> Result<Vec<SequencedEvent>, PortError> {
        down()
    }

    async fn wait(&self, _seq: EventSeq) {}

    async fn list_audit(&self, _query: &AuditQuery) -> Result<Page<AuditView>, PortError> {
        down()
    }
}

#[async_trait]
impl OperationLog for Broken {
    async fn append(&self, _chain: &Chain, _operations: Vec<Operation>) -> Result<(), PortError> {
        down()
    }

    async fn count(&self) -> Result<u64, PortError> {
        down()
    }

    async fn newest(&self, _limit: u32) -> Result<Vec<Operation>, PortError> {
        down()
    }

    async fn list(&self, _query: &OperationQuery) -> Result<Page<Operation>, PortError> {
        down()
    }

    async fn list_on(&self, _query: &OperationQuery) -> Result<Vec<Operation>, PortError> {
        down()
    }
}
