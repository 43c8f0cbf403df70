//! A registry on a file of its own, with upstreams that offer what a test says.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_contract::MockClock;
use registry_domain::caller::{ApiMode, Caller, Groups, Permit, Role};
use registry_domain::endpoint::EgressPolicy;
use registry_domain::id::{TenantId, UserId};
use registry_domain::manifest::{Definition, DefinitionKind, DriftPolicy, FaultClass, Manifest};
use registry_domain::ports::{
    Dial, Ids, OpenedUpstream, PortError, Purpose, RegistryPolicy, RegistryPorts, Reply, Sealer,
    Upstream, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;
use registry_domain::server::ServerDraft;
use registry_domain::user::Identity;
use registry_embedded::{EmbeddedOptions, EmbeddedProbeStore, EmbeddedStore};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Upstreams by address, each with the names of its tools; the others are not there.
#[derive(Default)]
pub struct Upstreams {
    tools: Mutex<HashMap<String, Vec<String>>>,
    asked: Mutex<Vec<String>>,
}

impl Upstreams {
    /// From now on an upstream at an address offers these tools.
    pub fn offer(&self, address: &str, tools: &[&str]) {
        let tools = tools.iter().map(|tool| (*tool).to_owned()).collect();
        self.tools.lock().insert(address.to_owned(), tools);
    }

    /// How often one was asked.
    pub fn asked(&self) -> usize {
        self.asked.lock().len()
    }
}

fn absent() -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::Unreachable,
        detail: "nobody is there".to_owned(),
        request_sent: false,
    }
}

#[async_trait]
impl Upstream for Upstreams {
    async fn open(&self, _dial: Dial<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
        Err(absent())
    }

    async fn probe(&self, _dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        Err(absent())
    }

    async fn send(
        &self,
        _server: &Permit<Arc<ServerEntry>>,
        _request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        Err(absent())
    }

    async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        self.asked.lock().push(dial.endpoint.as_str().to_owned());
        let tools = self.tools.lock().get(dial.endpoint.as_str()).cloned().ok_or_else(absent)?;
        let definitions = tools.iter().map(|name| {
            let raw = Bytes::from(format!(r#"{{"name":"{name}"}}"#));
            Definition::parse(DefinitionKind::Tool, raw).unwrap()
        });
        Ok(Manifest::new(definitions))
    }
}

/// Leaves values as they are: nothing here keeps a secret.
struct Unsealed;

impl Sealer for Unsealed {
    fn seal(&self, _: Purpose, _: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(plain.to_vec())
    }

    fn open(&self, _: Purpose, _: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

#[derive(Default)]
struct NewIds(AtomicU64);

impl Ids for NewIds {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(0x0190_0000_0000_7000, self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A registry.
pub struct Registry {
    pub ports: RegistryPorts,
    pub upstreams: Arc<Upstreams>,
    _folder: TempDir,
}

impl Registry {
    /// One that is as open as this.
    pub async fn new(api_mode: ApiMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(MockClock::new());
        let (handle, tracker) = (Handle::current(), TaskTracker::new());
        let path = folder.path().join("registry.db");
        let options = EmbeddedOptions::for_testing();
        let store =
            EmbeddedStore::open(&path, options, clock.clone(), handle, tracker).await.unwrap();
        let upstreams = Arc::new(Upstreams::default());
        let ports = RegistryPorts {
            registrations: store.clone(),
            servers: store.clone(),
            users: store.clone(),
            documents: store.clone(),
            links: store.clone(),
            leases: store.clone(),
            probes: Arc::new(EmbeddedProbeStore::new(clock.clone())),
            events: store.clone(),
            operations: store.clone(),
            api_keys: store.clone(),
            vault: store.clone(),
            sealer: Arc::new(Unsealed),
            collections: store.clone(),
            health: store,
            shared: None,
            upstream: upstreams.clone(),
            clock,
            ids: Arc::new(NewIds::default()),
            policy: RegistryPolicy {
                four_eyes: false,
                egress: EgressPolicy::Development,
                alias_quarantine: Duration::from_hours(1),
                drift: DriftPolicy::Withhold,
                api_mode,
                protect_admin_reads: false,
                require_approval: false,
                enable_legacy_sse: false,
                api_keys: false,
                inline_discovery: Duration::from_millis(350),
            },
        };
        Self { ports, upstreams, _folder: folder }
    }

    /// Somebody with these roles, of the tenant `contoso`.
    pub async fn person(&self, name: &str, roles: &[Role]) -> Caller {
        let identity = Identity {
            subject: format!("oid-{name}"),
            tenant: None,
            email: None,
            display_name: None,
            in_admin_group: None,
        };
        let id = UserId(self.ports.ids.next());
        let user = self.ports.users.ensure_user(&identity, id).await.unwrap().into_user();
        Caller {
            subject: identity.subject,
            user: Some(user.id),
            tenant: TenantId::parse("contoso").ok(),
            email: None,
            display_name: None,
            roles: roles.to_vec(),
            groups: Groups::default(),
            is_admin: roles.contains(&Role::Admin),
            expires_at: Timestamp::MAX,
            assertion: None,
        }
    }
}

/// A server at an address.
pub fn draft(name: &str, endpoint_url: &str) -> ServerDraft {
    ServerDraft {
        name: name.to_owned(),
        endpoint_url: endpoint_url.to_owned(),
        ..ServerDraft::default()
    }
}
