//! Ports: people work, the store does not.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use public_api::{PublicApi, PublicApiSettings};
use registry_domain::caller::{ApiMode, Role, TenantScope};
use registry_domain::chain::Chain;
use registry_domain::change::Change;
use registry_domain::endpoint::{EgressPolicy, EndpointUrl};
use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::health::{HealthNote, Watched};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId, UserId};
use registry_domain::manifest::{DriftPolicy, FaultClass, Manifest};
use registry_domain::operation::Operation;
use registry_domain::ports::*;
use registry_domain::rate::Limit;
use registry_domain::registration::{Registration, Removal};
use registry_domain::server::{Server, ServerRemoval};
use registry_domain::user::{AdminSource, Identity, User};
use registry_entra::{DevelopmentIssuer, DevelopmentKey};
use uuid::Uuid;

/// The token of somebody with these roles.
pub fn token_of(subject: &str, roles: &str) -> String {
    format!("{subject}:{roles}")
}

/// The API on these ports with a development issuer, whose key is kept in `data_dir`.
pub fn developers_api(data_dir: &Path) -> PublicApi {
    let key = Arc::new(DevelopmentKey::load_or_create(data_dir).unwrap());
    let issuer =
        DevelopmentIssuer::new("http://127.0.0.1:8000/dev", "mcp-registry", key, Arc::new(Broken));
    PublicApi { development: Some(Arc::new(issuer)), ..api() }
}

/// The API on these ports.
pub fn api() -> PublicApi {
    let broken = Arc::new(Broken);
    let ports = RegistryPorts {
        registrations: broken.clone(),
        servers: broken.clone(),
        users: broken.clone(),
        documents: broken.clone(),
        links: broken.clone(),
        events: broken.clone(),
        operations: broken.clone(),
        api_keys: broken.clone(),
        api_keys: broken.clone(),
        upstream: broken.clone(),
        probes: broken.clone(),
        leases: broken.clone(),
        health: broken.clone(),
        shared: None,
        clock: broken.clone(),
        ids: broken.clone(),
        policy: RegistryPolicy {
            four_eyes: false,
            egress: EgressPolicy::Development,
            alias_quarantine: Duration::ZERO,
            drift: DriftPolicy::Withhold,
            api_mode: ApiMode::Open,
            require_approval: false,
            protect_admin_reads: false,
            enable_legacy_sse: false,
            api_keys: false,
            inline_discovery: Duration::from_millis(350),
        },
    };
    let mut settings = PublicApiSettings::for_testing();
    settings.edge.limits.user = Some(Limit::per_minute(5));
    PublicApi {
        ports,
        verifier: broken.clone(),
        limiter: broken,
        settings,
        live: None,
        calls: None,
        spool: None,
        development: None,
    }
}

/// Works for people, and for nothing else.
pub struct Broken;

pub fn down<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable {
        retry_after: Duration::from_secs(3),
        outcome: Outcome::NotApplied,
        source: "connection refused".into(),
    })
}

impl Clock for Broken {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Ids for Broken {
    fn next(&self) -> Uuid {
        Uuid::from_u128(77)
    }
}

#[async_trait]
impl TokenVerifier for Broken {
    async fn verify(&self, token: &str) -> Verification {
        match token.split_once(':') {
            Some((subject, roles)) => Verification::Verified(Arc::new(VerifiedToken {
                identity: Identity {
                    subject: subject.to_owned(),
                    tenant: None,
                    email: None,
                    display_name: None,
                    in_admin_group: None,
                },
                roles: Role::parse(roles).into_iter().collect(),
                groups: Vec::new(),
                expires_at: Timestamp::MAX,
            })),
            None if token == "expired" => Verification::Refused(RefusalClass::Expired),
            None if token == "no-keys" => Verification::KeysUnavailable,
            None => Verification::Refused(RefusalClass::BadSignature),
        }
    }
}

#[async_trait]
impl RateLimiter for Broken {
    async fn admit(&self, keys: &[LimitKey]) -> Admission {
        match keys.iter().find(|key| key.key == "user:eager") {
            Some(key) => Admission::Limited {
                kind: key.kind,
                limit: key.limit,
                retry_after: Duration::from_secs(12),
            },
            None => Admission::Admitted { remaining: 1 },
        }
    }
}

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

    async fn find(&self, _id: UserId) -> Result<Option<User>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl StoreHealth for Broken {
    async fn check(&self) -> Result<(), PortError> {
        down()
    }

    fn pool(&self) -> PoolState {
        PoolState { size: 0, max: 20, available: 0, waiting: 0 }
    }

    fn kind(&self) -> &'static str {
        "none"
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
impl ServerCatalog for Broken {
    async fn find(&self, _id: ServerId) -> Result<Option<Server>, PortError> {
        down()
    }

    async fn find_by_registration(&self, _id: RegistrationId) -> Result<Option<Server>, PortError> {
        down()
    }

    async fn load_routes(&self) -> Result<Routes, PortError> {
        down()
    }

    async fn taken(
        &self,
        _tenant: Option<&TenantId>,
        _name: &str,
        _alias: &Alias,
        _now: Timestamp,
    ) -> Result<Taken, PortError> {
        down()
    }

    async fn commit(&self, _change: &Change<Server>) -> Result<(), PortError> {
        down()
    }

    async fn taken_aliases(
        &self,
        _tenant: Option<&TenantId>,
        _aliases: &[Alias],
        _now: Timestamp,
    ) -> Result<HashSet<Alias>, PortError> {
        down()
    }

    async fn commit_batch(
        &self,
        _changes: &[Change<Server>],
        _atomicity: Atomicity,
    ) -> Result<Vec<BatchItem>, PortError> {
        down()
    }

    async fn commit_removal(
        &self,
        _removal: &ServerRemoval,
        _free: Timestamp,
    ) -> Result<(), PortError> {
        down()
    }

    async fn find_each(&self, _ids: &[ServerId]) -> Result<Vec<Server>, PortError> {
        down()
    }

    async fn find_view(
        &self,
        _id: ServerId,
        _include: Include,
    ) -> Result<Option<ServerView>, PortError> {
        down()
    }

    async fn list(&self, _query: &ServerQuery) -> Result<Page<ServerView>, PortError> {
        Ok(Page { total: 0, items: Vec::new() })
    }

    async fn find_offering(&self, _query: &OfferQuery) -> Result<Vec<ServerView>, PortError> {
        down()
    }

    async fn count(&self, _tenant: &TenantScope) -> Result<ServerCounts, PortError> {
        down()
    }

    async fn awaiting_manifest(&self, _limit: u32) -> Result<Vec<Server>, PortError> {
        down()
    }

    async fn upcoming_probes(&self, _limit: u32) -> Result<Vec<Watched>, PortError> {
        down()
    }

    async fn find_watched(&self, _id: ServerId) -> Result<Option<Watched>, PortError> {
        down()
    }

    async fn note_health(&self, _notes: &[HealthNote]) -> Result<Vec<ServerId>, PortError> {
        down()
    }

    async fn order_health(&self, _change: &Change<Server>) -> Result<(), PortError> {
        down()
    }
}

#[async_trait]
impl HealthStore for Broken {
    async fn put(
        &self,
        _server: ServerId,
        _health: &ServerHealth,
        _ttl: Duration,
    ) -> Result<(), PortError> {
        down()
    }

    async fn find(&self, _server: ServerId) -> Result<Option<ServerHealth>, PortError> {
        down()
    }
}

#[async_trait]
impl Leases for Broken {
    async fn try_acquire(
        &self,
        _name: &str,
        _holder: LeaseHolder,
        _ttl: Duration,
    ) -> Result<bool, PortError> {
        down()
    }

    async fn renew(
        &self,
        _name: &str,
        _holder: LeaseHolder,
        _ttl: Duration,
    ) -> Result<bool, PortError> {
        down()
    }

    async fn release(&self, _name: &str, _holder: LeaseHolder) -> Result<(), PortError> {
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

#[async_trait]
impl Upstream for Broken {
    async fn open(&self, _endpoint: &EndpointUrl) -> Result<OpenedUpstream, UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn probe(&self, _endpoint: &EndpointUrl) -> Result<(), UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn send(
        &self,
        _server: &registry_domain::caller::Permit<Arc<registry_domain::routing::ServerEntry>>,
        _request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn discover(&self, _endpoint: &EndpointUrl) -> Result<Manifest, UpstreamFailure> {
        Err(unreachable_upstream())
    }
}

fn unreachable_upstream() -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::Unreachable,
        detail: "nobody there".to_owned(),
        request_sent: false,
    }
}
