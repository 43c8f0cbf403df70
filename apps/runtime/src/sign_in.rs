//! Browsers' sessions: there where people sign in somewhere.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::Error;
use registry_domain::ports::{IdentityProvider, Outcome, PortError, RegistryPorts, Sealer, Secret};
use registry_domain::sign_in::{Session, SignInPolicy, SignInPorts};
use registry_domain::use_cases::{Resumed, resume_session};
use registry_http_edge::mcp::Origins;
use registry_http_edge::session::{Cookies, Sessions};
use registry_sealing::RandomSecrets;
use tokio::runtime::Handle;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::boot::{BootError, Shared};
use crate::settings::Settings;

/// How often it is looked whether another replica has refreshed tokens that had ended. Nobody tells
/// of it: it happens once in an hour to those who were away.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a request waits for that.
const BUSY_WITHIN: Duration = Duration::from_secs(10);

/// Makes what signing in needs.
///
/// # Errors
/// [`BootError`] when the gateway's address is none.
pub(crate) fn ports(
    settings: &Settings,
    registry: &RegistryPorts,
    shared: &Shared,
    (provider, sealer): (Arc<dyn IdentityProvider>, Arc<dyn Sealer>),
    gateway_url: &str,
) -> Result<SignInPorts, BootError> {
    let base = Url::parse(gateway_url)
        .map_err(|error| BootError::part("MREG_FASTMCP_BASE_URL is no address", error))?;
    let wanted = &settings.sign_in;
    let callback = callback(settings, gateway_url);
    Ok(SignInPorts {
        provider,
        sealer,
        sessions: Arc::clone(&shared.sessions),
        secrets: Arc::new(RandomSecrets),
        leases: Arc::clone(&shared.leases),
        users: Arc::clone(&registry.users),
        clock: Arc::clone(&registry.clock),
        ids: Arc::clone(&registry.ids),
        policy: SignInPolicy {
            base,
            callback,
            origins: settings.service.cors_origins.clone(),
            state_ttl: wanted.state_ttl,
            session_ttl: wanted.session_ttl,
            refresh_margin: wanted.refresh_margin,
        },
    })
}

/// Where the identity provider sends browsers back to.
pub(crate) fn callback(settings: &Settings, gateway_url: &str) -> String {
    let wanted = settings.sign_in.callback.clone();
    wanted.unwrap_or_else(|| format!("{gateway_url}/oauth/callback"))
}

/// Sessions whose tokens are refreshed by tracked tasks: a refresh that was begun is finished and
/// kept, whatever becomes of the request that began it.
pub(crate) struct BrowserSessions {
    ports: SignInPorts,
    origins: Origins,
    runtime: Handle,
    tasks: TaskTracker,
}

impl BrowserSessions {
    pub(crate) fn new(ports: SignInPorts, origins: Origins, tasks: TaskTracker) -> Self {
        Self { ports, origins, runtime: Handle::current(), tasks }
    }

    async fn resume(&self, id: &Secret) -> Result<Resumed, Error> {
        let (ports, id) = (self.ports.clone(), id.clone());
        let resumed = async move { resume_session(&ports, &id).await };
        self.runtime.spawn(self.tasks.track_future(resumed)).await.map_err(unfinished)?
    }
}

#[async_trait]
impl Sessions for BrowserSessions {
    async fn find(&self, id: Secret) -> Result<Option<Session>, Error> {
        let until = Instant::now() + BUSY_WITHIN;
        let mut looks = tokio::time::interval(LOOK_AGAIN);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            match self.resume(&id).await? {
                Resumed::In(session) => return Ok(Some(session)),
                Resumed::Out => return Ok(None),
                Resumed::Busy if Instant::now() < until => {}
                Resumed::Busy => return Err(unfinished("another replica does not finish")),
            }
        }
    }

    fn cookies(&self) -> Cookies {
        Cookies { secure: self.ports.policy.base.scheme() == "https" }
    }

    fn trusts(&self, origin: &str) -> bool {
        self.ports.policy.base.origin().ascii_serialization() == origin
            || self.origins.allowed.iter().any(|allowed| allowed == origin)
    }
}

fn unfinished(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let retry_after = Duration::from_secs(1);
    let source = source.into();
    PortError::Unavailable { retry_after, outcome: Outcome::Unknown, source }.into()
}
