//! Ports: people work, the store does not.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use public_api::{PublicApi, PublicApiSettings};
use registry_domain::caller::{ApiMode, Groups, Role, TenantScope};
use registry_domain::chain::Chain;
use registry_domain::change::Change;
use registry_domain::credential::{CredentialRemoval, StoredCredential};
use registry_domain::endpoint::EgressPolicy;
use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::health::{HealthNote, Watched};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId, UserId};
use registry_domain::manifest::{Drift, DriftPolicy, FaultClass, Manifest};
use registry_domain::operation::Operation;
use registry_domain::ports::*;
use registry_domain::rate::Limit;
use registry_domain::registration::{Registration, Removal};
use registry_domain::server::{Server, ServerRemoval};
use registry_domain::user::{AdminSource, Identity, User};
use registry_entra::{DevelopmentIssuer, DevelopmentKey};
use uuid::Uuid;

mod records;
mod servers;

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
        vault: broken.clone(),
        sealer: broken.clone(),
        collections: broken.clone(),
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
        sessions: None,
        administrators: None,
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
                groups: Groups::default(),
                expires_at: Timestamp::MAX,
                bounds: None,
                assertion: None,
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
            None => Admission::Admitted { remaining: 1, limit: None },
        }
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
impl ProbeStore for Broken {
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
impl CredentialVault for Broken {
    async fn find(&self, _server: ServerId) -> Result<Option<StoredCredential>, PortError> {
        down()
    }

    async fn all(&self) -> Result<Vec<StoredCredential>, PortError> {
        down()
    }

    async fn commit(&self, _change: &Change<StoredCredential>) -> Result<(), PortError> {
        down()
    }

    async fn commit_removal(&self, _removal: &CredentialRemoval) -> Result<(), PortError> {
        down()
    }
}

impl Sealer for Broken {
    fn seal(&self, _: Purpose, _: &[u8], _: &[u8]) -> Result<Vec<u8>, PortError> {
        down()
    }

    fn open(&self, _: Purpose, _: &[u8], _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[async_trait]
impl Upstream for Broken {
    async fn open(&self, _dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn probe(&self, _dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn send(
        &self,
        _server: &registry_domain::caller::Permit<Arc<registry_domain::routing::ServerEntry>>,
        _request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        Err(unreachable_upstream())
    }

    async fn discover(&self, _dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
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
