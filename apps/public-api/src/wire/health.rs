//! The health document.

use jiff::Timestamp;
use registry_http_edge::WireTime;
use registry_http_edge::health::StoreReport;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schemas::HealthWord;

/// How the API and its parts are doing.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "status": "healthy",
    "timestamp": "2026-11-21T10:53:19.565057Z",
    "version": "0.1.0",
    "components": {
        "database": {
            "status": "healthy",
            "latency_ms": 0.8,
            "pool": {"size": 10, "max": 20, "available": 9, "waiting": 0},
        },
        "registry": {"status": "healthy"},
        "router": {"status": "healthy"},
    },
    "database": "connected",
}))]
pub(crate) struct HealthResponse {
    #[schema(value_type = HealthWord)]
    status: &'static str,
    timestamp: WireTime,
    #[schema(example = "0.1.0")]
    version: &'static str,
    components: Components,
    #[schema(example = "connected")]
    database: &'static str,
    /// What is wrong, while it is `unhealthy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// The parts.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthComponents)]
struct Components {
    database: StoreReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<StoreReport>,
    registry: Component,
    router: Component,
}

/// One part.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthComponent)]
struct Component {
    #[schema(example = "healthy")]
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
