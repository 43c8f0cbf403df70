//! A store with what one needs to try it: a clock, ids in order, people, registrations, manifests.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use libtest_mimic::Failed;
use registry_domain::change::Change;
use registry_domain::event::{EventKind, EventStamp, RegistryEvent};
use registry_domain::id::{Alias, EventId, RegistrationId, ServerId, TenantId, UserId};
use registry_domain::manifest::{Definition, DefinitionKind, Discovery, Manifest};
use registry_domain::ports::{
    ApprovalChange, AuditQuery, CandidateRecord, Clock as _, PortError, RegistrationView,
};
use registry_domain::registration::{
    Decision, Registration, RegistrationContent, RegistrationDraft,
};
use registry_domain::server::Server;
use registry_domain::user::{Identity, User};
use uuid::Uuid;

use crate::clock::MockClock;
use crate::subject::{StoreAdapter, StoreInstance, StorePorts};
use crate::{DEADLINE, Outcome};

/// A store under test and all around it.
pub(crate) struct World {
    /// The store.
    pub(crate) instance: Box<dyn StoreInstance>,
    /// Whether other processes may have it open too.
    pub(crate) is_shared: bool,
    /// The time.
    pub(crate) clock: Arc<MockClock>,
    ids: AtomicU64,
}

impl World {
    /// A world with an empty store.
    pub(crate) async fn new(adapter: &dyn StoreAdapter) -> Result<Self, Failed> {
        let clock = Arc::new(MockClock::new());
        let instance = adapter.make(Arc::clone(&clock)).await?;
        let is_shared = adapter.is_shared_between_processes();
        Ok(Self { instance, is_shared, clock, ids: AtomicU64::new(1) })
    }

    /// The store's ports.
    pub(crate) fn ports(&self) -> StorePorts {
        self.instance.ports()
    }

    /// An id that sorts after all before it.
    pub(crate) fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(0x0190_0000_0000_7000, self.ids.fetch_add(1, Ordering::Relaxed))
    }

    /// A stamp a microsecond later than the last.
    pub(crate) fn stamp(&self) -> EventStamp {
        EventStamp { id: EventId(self.uuid()), at: self.clock.advance(Duration::from_micros(1)) }
    }

    /// Somebody who has signed in.
    pub(crate) async fn person(&self, name: &str) -> Result<User, Failed> {
        let ensured = self.ports().users.ensure_user(&identity(name), UserId(self.uuid())).await?;
        Ok(ensured.into_user())
    }

    /// Submits a registration with a number of its own.
    pub(crate) async fn submitted(&self, number: u32) -> Result<Registration, Failed> {
        self.submitted_as(draft(number), None).await
    }

    /// Submits a registration.
    pub(crate) async fn submitted_as(
        &self,
        draft: RegistrationDraft,
        tenant: Option<TenantId>,
    ) -> Result<Registration, Failed> {
        let submitter = self.person("sam").await?;
        let id = RegistrationId(self.uuid());
        let change = Registration::submit(id, content(draft)?, submitter.id, tenant, self.stamp());
        self.ports().registrations.commit(&change).await?;
        Ok(change.next)
    }

    /// Tells the store what a discovery found; it must be kept.
    pub(crate) async fn discovered(
        &self,
        registration: &Registration,
        manifest: &Manifest,
    ) -> Outcome {
        let discovery = Discovery::Complete { manifest: manifest.clone(), at: self.clock.now() };
        let record = self.candidate(registration, discovery, None);
        assert!(self.ports().registrations.record_candidate(&record).await?, "it is kept");
        Ok(())
    }

    /// A record of a discovery.
    pub(crate) fn candidate(
        &self,
        registration: &Registration,
        discovery: Discovery,
        next_attempt_at: Option<Timestamp>,
    ) -> CandidateRecord {
        CandidateRecord {
            registration: registration.id,
            revision: registration.revision,
            discovery,
            next_attempt_at,
            event: RegistryEvent::by_product(EventKind::ManifestDiscovered, self.stamp())
                .on_registration(registration.id, registration.tenant.clone()),
        }
    }

    /// An approval, ready to be committed; the server's name is its alias.
    pub(crate) async fn approval(
        &self,
        registration: Registration,
        candidate: Option<Manifest>,
        alias: &str,
    ) -> Result<ApprovalChange, Failed> {
        let admin = self.person("ada").await?;
        let stamp = self.stamp();
        let decision = Decision { approver: admin.id, at: stamp.at, reason: None };
        let digest = candidate.as_ref().map(Manifest::digest);
        let change = registration.approve(decision, digest, stamp).map_err(failed)?;
        let id = ServerId(self.uuid());
        let server = Server::of_registration(
            id,
            &change.next,
            alias.to_owned(),
            Alias::parse(alias).map_err(failed)?,
            candidate,
            stamp.at,
        );
        let tenant = change.next.tenant.clone();
        let server_event = RegistryEvent::of(EventKind::ServerListed, self.stamp(), admin.id)
            .on_server(id, tenant);
        let server = Change { next: server, expected: None, events: vec![server_event] };
        Ok(ApprovalChange { registration: change, candidate: digest, server })
    }

    /// A registration that was submitted, discovered and approved.
    pub(crate) async fn approved(
        &self,
        number: u32,
        alias: &str,
    ) -> Result<ApprovalChange, Failed> {
        let registration = self.submitted(number).await?;
        let manifest = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
        self.discovered(&registration, &manifest).await?;
        let approval = self.approval(registration, Some(manifest), alias).await?;
        self.ports().registrations.commit_approval(&approval).await?;
        Ok(approval)
    }

    /// An approved registration for which somebody else than its submitter proposed other content.
    pub(crate) async fn proposed(
        &self,
        approved: Registration,
        number: u32,
    ) -> Result<Registration, Failed> {
        let proposer = self.person("ada").await?.id;
        let change =
            approved.propose(content(draft(number))?, proposer, self.stamp()).map_err(failed)?;
        self.ports().registrations.commit(&change).await?;
        Ok(change.next)
    }

    /// A registration that must be there.
    pub(crate) async fn view(&self, id: RegistrationId) -> Result<RegistrationView, Failed> {
        self.ports().registrations.find(id).await?.ok_or_else(|| "no such registration".into())
    }

    /// How many rows the audit trail has.
    pub(crate) async fn audited(&self) -> Result<u64, Failed> {
        Ok(self.ports().events.list_audit(&AuditQuery::default()).await?.total)
    }
}

/// A registration's draft with a number of its own.
pub(crate) fn draft(number: u32) -> RegistrationDraft {
    RegistrationDraft {
        endpoint_url: format!("https://s{number}.example.com/mcp"),
        endpoint_name: format!("Server {number}"),
        description: Some(format!("the server with the number {number}")),
        owner_contact: "owner@example.com".to_owned(),
        available_tools: Vec::new(),
        alias: None,
    }
}

/// A draft's content; it must be valid.
pub(crate) fn content(draft: RegistrationDraft) -> Result<RegistrationContent, Failed> {
    RegistrationContent::check(draft).map_err(|wrong| format!("{wrong:?}").into())
}

/// What the identity provider says of somebody.
pub(crate) fn identity(name: &str) -> Identity {
    Identity {
        subject: format!("oid-{name}"),
        tenant: None,
        email: Some(format!("{name}@example.com")),
        display_name: Some(name.to_owned()),
        in_admin_group: None,
    }
}

/// A manifest of definitions, byte for byte as given.
pub(crate) fn manifest(definitions: &[(DefinitionKind, &str)]) -> Result<Manifest, Failed> {
    let definitions: Vec<Definition> = definitions
        .iter()
        .map(|(kind, raw)| Definition::parse(*kind, Bytes::from((*raw).to_owned())))
        .collect::<Result<_, _>>()?;
    Ok(Manifest::new(definitions))
}

/// A tenant by name; it must be valid.
pub(crate) fn tenant(name: &str) -> Result<TenantId, Failed> {
    TenantId::parse(name).map_err(failed)
}

/// Says what was wrong.
pub(crate) fn failed(error: impl Debug) -> Failed {
    format!("{error:?}").into()
}

/// Asserts that a write was refused because of a revision, and answers the stored one.
pub(crate) fn conflict<T: Debug>(result: Result<T, PortError>) -> Result<Option<i64>, Failed> {
    match result {
        Err(PortError::Conflict { current }) => Ok(current.map(|revision| revision.0)),
        other => Err(format!("expected a conflict, got {other:?}").into()),
    }
}

/// Asserts that a write was refused because a key is taken, and answers which and by whom.
pub(crate) fn taken<T: Debug>(
    result: Result<T, PortError>,
) -> Result<(&'static str, Option<Uuid>), Failed> {
    match result {
        Err(PortError::AlreadyExists { key, existing }) => Ok((key, existing)),
        other => Err(format!("expected a taken key, got {other:?}").into()),
    }
}

/// Waits until a fact holds.
pub(crate) async fn eventually<F>(what: &str, fact: impl Fn() -> F) -> Outcome
where
    F: Future<Output = Result<bool, Failed>>,
{
    let holds = async {
        while !fact().await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    in_time(what, holds).await?
}

/// Waits for something to end.
pub(crate) async fn in_time<F: Future>(what: &str, future: F) -> Result<F::Output, Failed> {
    tokio::time::timeout(DEADLINE, future)
        .await
        .map_err(|_| format!("waited too long until {what}").into())
}
