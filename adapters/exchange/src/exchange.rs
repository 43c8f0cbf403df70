//! The call path's state: what one worker holds.

use std::sync::Arc;
use std::time::Duration;

use mcp_wire::WireError;
use mcp_wire::message::Implementation;
use registry_domain::caller::{Caller, Permit};
use registry_domain::federation::ServerRef;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::party::Party;
use registry_domain::ports::{GatewayPorts, Sealer, SessionStore};
use registry_domain::routing::ServerEntry;
use registry_domain::routing::balance::Algorithm;
use registry_domain::routing::breaker::BreakerPolicy;
use tokio::sync::Semaphore;

use crate::active_calls::ActiveCalls;
use crate::answer::Answer;
use crate::batch;
use crate::client_sessions::ClientSessions;
use crate::follow::Followers;
use crate::inbound::{Door, Inbound};
use crate::listen::{self, Places};
use crate::meters::Meters;
use crate::own_tools::OwnTools;
use crate::pages::Cursors;
use crate::parked::Parking;
use crate::pipes::{self, Pipes};
use crate::proxied::{self, Proxied};
use crate::replicas::Replicas;
use crate::routes::Routes;
use crate::spool::Spool;
use crate::survive;
use crate::upstream_sessions::UpstreamSessions;
use crate::vitals::{Everywhere, Vitals};

/// What an operator sets for the call path.
#[derive(Debug, Clone)]
pub struct ExchangeSettings {
    /// What we call ourselves, to clients and upstreams.
    pub name: String,
    /// Our version.
    pub version: String,
    /// How long an upstream may take until its answer begins, and then for each part of it.
    pub request_timeout: Duration,
    /// How long an answer may take from its beginning to its end, however steadily it comes.
    pub max_exchange: Duration,
    /// How often a client that listens is told that we are still here.
    pub keep_alive: Duration,
    /// The longest event of an event stream, in bytes.
    pub max_event_bytes: usize,
    /// The most argument bytes that a record keeps.
    pub max_recorded_params_bytes: usize,
    /// Whether calls are counted by tenant too.
    pub count_by_tenant: bool,
    /// How one of several servers is chosen.
    pub load_balancer: Algorithm,
    /// When a server is left alone.
    pub breaker: BreakerPolicy,
    /// The gateway's address as browsers know it: there people connect servers that they grant us
    /// themselves.
    pub base_url: Option<Arc<str>>,
    /// How upstreams are told of the trace that a call is part of, while traces are on.
    pub traceparent_of: Option<fn(&tracing::Span) -> Option<String>>,
}

impl ExchangeSettings {
    /// What we call ourselves in answers and upstream calls.
    pub(crate) fn implementation(&self) -> Implementation<'_> {
        Implementation { name: &self.name, version: &self.version }
    }

    /// Settings for tests.
    pub fn for_testing() -> Self {
        Self {
            name: "MCP Registry Gateway".to_owned(),
            version: "0.0.0".to_owned(),
            request_timeout: Duration::from_secs(5),
            max_exchange: Duration::from_mins(1),
            keep_alive: Duration::from_secs(15),
            max_event_bytes: 4 << 20,
            max_recorded_params_bytes: 8 << 10,
            count_by_tenant: false,
            load_balancer: Algorithm::default(),
            breaker: BreakerPolicy::default(),
            base_url: None,
            traceparent_of: None,
        }
    }
}

/// One worker's call path. Cloning it for another worker shares routes, sessions, vitals, active calls and spool, but
/// not the upstream client: that one lives on its worker's runtime.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub(crate) ports: GatewayPorts,
    pub(crate) routes: Arc<Routes>,
    pub(crate) sessions: Arc<UpstreamSessions>,
    pub(crate) spool: Arc<Spool>,
    pub(crate) vitals: Arc<Vitals>,
    everywhere: Arc<Everywhere>,
    pub(crate) active: Arc<ActiveCalls>,
    pub(crate) settings: Arc<ExchangeSettings>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) client_sessions: Option<Arc<ClientSessions>>,
    pub(crate) parking: Option<Arc<Parking>>,
    pub(crate) replicas: Option<Arc<Replicas>>,
    pub(crate) listening: Arc<Places>,
    pub(crate) followers: Arc<Followers>,
    /// Places for calls that go on without their client.
    pub(crate) survivors: Arc<Semaphore>,
    pub(crate) pipes: Arc<Pipes>,
    pub(crate) own_tools: Option<Arc<OwnTools>>,
    pub(crate) cursors: Option<Cursors>,
    /// What we call ourselves to modern upstreams, as JSON.
    pub(crate) client_info: Arc<str>,
}

impl Exchange {
    /// A call path over shared state.
    pub fn new(
        ports: GatewayPorts,
        routes: Arc<Routes>,
        spool: Arc<Spool>,
        active: Arc<ActiveCalls>,
        settings: ExchangeSettings,
    ) -> Self {
        let client_info = serde_json::json!({"name": settings.name, "version": settings.version});
        let vitals = Arc::new(Vitals::new(settings.breaker));
        let (bus, clock) = (Arc::clone(active.bus()), Arc::clone(&ports.clock));
        let everywhere = Everywhere::join(Arc::clone(&vitals), Arc::clone(&routes), bus, clock);
        Self {
            client_info: client_info.to_string().into(),
            ports,
            routes,
            sessions: Arc::new(UpstreamSessions::default()),
            spool,
            meters: Arc::new(Meters::new(settings.count_by_tenant)),
            vitals,
            everywhere,
            active,
            settings: Arc::new(settings),
            client_sessions: None,
            parking: None,
            replicas: None,
            listening: Arc::default(),
            followers: Arc::default(),
            survivors: Arc::new(Semaphore::new(survive::MOST)),
            pipes: Arc::default(),
            own_tools: None,
            cursors: None,
        }
    }

    /// The same call path, offering tools of its own beside those of servers.
    #[must_use]
    pub fn with_own_tools(self, tools: OwnTools) -> Self {
        Self { own_tools: Some(Arc::new(tools)), ..self }
    }

    /// The same call path, keeping sessions with clients of the revisions that know them.
    #[must_use]
    pub fn with_client_sessions(self, store: Arc<dyn SessionStore>) -> Self {
        Self { client_sessions: Some(Arc::new(ClientSessions::new(store))), ..self }
    }

    /// The same call path, letting servers with a handshake ask clients without one: what such a
    /// client has to bring back is sealed, and good for so long.
    #[must_use]
    pub fn with_parking(self, sealer: Arc<dyn Sealer>, holds: Duration) -> Self {
        let parking = Parking::new(sealer, self.active.replica(), holds);
        Self { parking: Some(parking), ..self }
    }

    /// The same call path, handing messages to the replica that holds what they are about: what
    /// replicas say to each other is sealed. It hears them once [`Exchange::join`] was called.
    #[must_use]
    pub fn with_replicas(self, sealer: Arc<dyn Sealer>) -> Self {
        let replicas = Replicas::new(Arc::clone(self.active.bus()), sealer);
        Self { replicas: Some(replicas), ..self }
    }

    /// Takes what other replicas hand over, from now on; to be called on the main runtime.
    pub fn join(&self) {
        Replicas::join(self);
    }

    /// The same call path, telling long lists in pages, whose cursors this seals.
    #[must_use]
    pub fn with_sealer(self, sealer: Arc<dyn Sealer>) -> Self {
        Self { cursors: Some(Cursors(sealer)), ..self }
    }

    /// The same call path with an upstream client of its own; to be called on the worker thread.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self { ports: self.ports.for_worker(), ..self.clone() }
    }

    /// The routing snapshot, for readiness.
    pub fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The server that a caller means on a page of theirs: by its alias, or by its id.
    pub fn server_of(&self, caller: &Caller, named: &str) -> Option<Permit<Arc<ServerEntry>>> {
        let table = self.routes.now();
        if let Ok(id) = named.parse() {
            let entry = table.by_id(ServerId(id))?;
            let tenant = entry.tenant.as_ref().map_or("", TenantId::as_str);
            let alias = entry.alias.as_str();
            return table.resolve(caller, ServerRef { tenant: Some(tenant), alias }).ok();
        }
        table.resolve(caller, ServerRef::split(named)).ok()
    }

    /// How servers are doing, as the calls of all replicas see it.
    pub fn everywhere(&self) -> &Arc<Everywhere> {
        &self.everywhere
    }

    /// The calls that are under way.
    pub fn active_calls(&self) -> &ActiveCalls {
        &self.active
    }

    /// How one of several servers is chosen.
    pub fn load_balancer(&self) -> Algorithm {
        self.settings.load_balancer
    }

    /// Ends a client's session.
    pub async fn end_session(&self, session: Option<&str>, party: &Party) -> Answer {
        let ended = match (session, &self.client_sessions) {
            (Some(id), Some(sessions)) => {
                sessions.end(id, party, self.ports.clock.now()).await.map(|()| Answer::done())
            }
            (Some(_), None) => Err(WireError::unknown_session()),
            (None, _) => Err(WireError::invalid("Mcp-Session-Id is missing")),
        };
        ended.unwrap_or_else(|error| Answer::refused(&error, "null"))
    }

    /// Answers a client that wants to hear what changes, by the stream of a GET.
    pub async fn listen(&self, door: &Door, session: Option<&str>, party: &Party) -> Answer {
        listen::by_get(self, door, session, party).await
    }

    /// Opens the event stream of revision 2024-11-05, whose first event names `address` as where to
    /// post messages.
    pub fn open_stream(&self, door: &Door, party: &Party, address: &str) -> Answer {
        listen::by_pipe(self, door, party, address)
    }

    /// Takes a message that was posted for such a stream.
    pub async fn take_message(&self, stream: Option<&str>, inbound: Inbound) -> Answer {
        pipes::take(self, stream, inbound).await
    }

    /// Answers one client call, and tells beside the answer which server was asked and how long it
    /// took.
    pub async fn proxy(&self, inbound: Inbound) -> Proxied {
        proxied::proxy(self, inbound).await
    }

    /// Answers one client call. Never fails: what goes wrong is an answer too.
    ///
    /// The call's state is large, and an app moves a handler's future several times before it is
    /// first polled: boxed here, it is made where it stays.
    pub async fn call(&self, inbound: Inbound) -> Answer {
        if survive::is_for(&inbound) {
            return survive::call(self, inbound).await;
        }
        self.at_once(inbound).await
    }

    /// Answers one client call, which ends with its client.
    pub(crate) async fn at_once(&self, inbound: Inbound) -> Answer {
        if batch::is_batch(&inbound.body) {
            return Box::pin(batch::answer(self, inbound)).await;
        }
        Box::pin(crate::call::call(self, inbound)).await
    }
}
