//! The health document.

use jiff::Timestamp;
use registry_http_edge::WireTime;
use registry_http_edge::health::StoreReport;
use serde::Serialize;

/// How the API and its parts are doing.
#[derive(Serialize)]
pub(crate) struct HealthResponse {
    status: &'static str,
    timestamp: WireTime,
    version: &'static str,
    components: Components,
    database: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

#[derive(Serialize)]
struct Components {
    database: StoreReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<StoreReport>,
    registry: Component,
    router: Component,
}

#[derive(Serialize)]
struct Component {
    status: &'static str,
}

impl HealthResponse {
    /// The document at a time. The registry is as well as its store; the router needs none.
    pub(crate) fn of(database: StoreReport, redis: Option<StoreReport>, now: Timestamp) -> Self {
        let healthy = database.is_healthy();
        let is_degraded = redis.as_ref().is_some_and(|redis| !redis.is_healthy());
        Self {
            status: if healthy && is_degraded { "degraded" } else { database.status },
            timestamp: WireTime(now),
            version: env!("CARGO_PKG_VERSION"),
            database: if healthy { "connected" } else { "disconnected" },
            error: (!healthy).then_some("database unreachable"),
            components: Components {
                registry: Component { status: database.status },
                router: Component { status: "healthy" },
                redis,
                database,
            },
        }
    }
}
