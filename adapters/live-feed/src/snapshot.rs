//! How things are right now: what a client is told first.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::ports::PortError;
use registry_domain::server::HealthStatus;
use registry_http_edge::WireTime;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::LiveFeed;
use crate::frame::Frame;
use crate::hub::Interest;
use crate::topic::Topic;
use crate::viewer::Viewer;

/// How long a client waits for what is known of the servers. It is told what happens all the same.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// A server right now.
#[derive(Debug, Clone)]
pub struct ServerNow {
    /// Its id.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// How it is.
    pub status: HealthStatus,
    /// When it was asked.
    pub last_check: Option<Timestamp>,
    /// What the last probe found; an object, or null.
    pub details: Value,
}

/// Knows how the servers are right now.
#[async_trait]
pub trait ServersNow: Send + Sync {
    /// The servers that somebody sees, a bounded number of them.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn seen_by(&self, viewer: &Viewer) -> Result<Vec<ServerNow>, PortError>;

    /// One server, whoever asks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn find(&self, id: ServerId) -> Result<Option<ServerNow>, PortError>;

    /// What a server is called, where that is known without asking anybody.
    fn name_of(&self, id: ServerId) -> Option<String>;
}

/// Knows how the router is doing.
#[async_trait]
pub trait MetricsSource: Send + Sync {
    /// The payload of a `metrics_update` for somebody, and for all who see what they see. Does not
    /// take longer than a client may wait.
    async fn metrics(&self, viewer: &Viewer) -> Value;
}

impl ServerNow {
    /// The server as a `health_update`.
    pub(crate) fn frame(&self, now: Timestamp) -> Frame {
        let took = self.details.get("response_time_ms");
        let payload = json!({
            "server_id": self.id,
            "serverId": self.id,
            "name": self.name,
            "status": self.status.as_str(),
            "previous_status": null,
            "response_time_ms": took,
            "responseTime": took,
            "last_check": self.last_check.map(WireTime),
            "details": self.details,
        });
        Frame::new(Topic::Health, "health_update", now, payload)
            .of_tenant(self.tenant.clone())
            .about(Some(self.id))
    }
}

impl LiveFeed {
    /// What somebody is told first who wants this.
    pub(crate) async fn snapshot(
        &self,
        viewer: &Viewer,
        interest: Interest,
        now: Timestamp,
    ) -> Vec<Frame> {
        let mut frames = Vec::new();
        if interest.topics.contains(Topic::Health) {
            if interest.server.is_none() {
                frames.extend(self.hub.system().map(|frame| (*frame).clone()));
            }
            frames.extend(self.health_of_servers(viewer, interest.server, now).await);
        }
        if let Some(metrics) = &self.metrics
            && interest.topics.contains(Topic::Metrics)
        {
            let payload = metrics.metrics(viewer).await;
            frames.push(Frame::new(Topic::Metrics, "metrics_update", now, payload));
        }
        frames
    }

    /// Tells how the router is doing to those who want to know, each of them of what they may see.
    pub async fn tell_metrics(&self, now: Timestamp) {
        let Some(metrics) = &self.metrics else { return };
        for (sight, viewer) in self.hub.sights(Topic::Metrics) {
            let payload = metrics.metrics(&viewer).await;
            let frame = Frame::new(Topic::Metrics, "metrics_update", now, payload);
            self.hub.publish(frame.for_sight(sight));
        }
    }

    async fn health_of_servers(
        &self,
        viewer: &Viewer,
        watched: Option<ServerId>,
        now: Timestamp,
    ) -> Vec<Frame> {
        let known = timeout(KNOWN_WITHIN, async {
            match watched {
                Some(id) => Ok(self.servers.find(id).await?.into_iter().collect()),
                None => self.servers.seen_by(viewer).await,
            }
        });
        let servers: Vec<ServerNow> = match known.await {
            Ok(Ok(servers)) => servers,
            Ok(Err(error)) => {
                let error: PortError = error;
                tracing::debug!(%error, "how the servers are is not known right now");
                Vec::new()
            }
            Err(_) => {
                tracing::debug!("how the servers are is not known in time");
                Vec::new()
            }
        };
        servers.iter().map(|server| server.frame(now)).collect()
    }
}
