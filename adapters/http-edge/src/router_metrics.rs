//! How servers are doing, as the calls of all replicas see it: the same over REST and in live events.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::id::ServerId;
use registry_domain::routing::ServerEntry;
use registry_domain::routing::breaker::BreakerState;
use registry_domain::server::HealthStatus;
use registry_exchange::{Exchange, VitalSigns, VitalsView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::Id;
use crate::wire_time::WireTime;

#[derive(Serialize, ToSchema)]
struct ServerMetrics {
    #[schema(value_type = Id)]
    server_id: ServerId,
    server_name: String,
    active_connections: u32,
    total_requests: u64,
    successful_requests: u64,
    failed_requests: u64,
    success_rate: f64,
    error_rate: f64,
    avg_response_time_ms: f64,
    p50_response_time_ms: f64,
    p95_response_time_ms: f64,
    circuit_breaker_state: &'static str,
    failure_count: u32,
    ejected: bool,
    health_status: &'static str,
    #[schema(required = true)]
    last_update: Option<WireTime>,
    #[schema(required = true)]
    last_update_epoch: Option<f64>,
}

#[derive(Serialize, Default, ToSchema)]
#[schema(as = RouterSummary)]
struct Summary {
    total_servers: usize,
    healthy_servers: usize,
    open_circuits: usize,
    total_requests: u64,
    success_rate: f64,
    avg_response_time_ms: f64,
    active_requests: u64,
}

/// Server by server, and all together.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "metrics": {},
    "summary": {
        "total_servers": 1, "healthy_servers": 1, "open_circuits": 0, "total_requests": 10,
        "success_rate": 0.9, "avg_response_time_ms": 12.5, "active_requests": 0,
    },
    "load_balancing_algorithm": "round_robin",
    "timestamp": "2026-11-21T10:53:19.565057Z",
}))]
pub struct RouterMetrics {
    #[schema(value_type = BTreeMap<String, ServerMetrics>)]
    metrics: BTreeMap<ServerId, ServerMetrics>,
    summary: Summary,
    load_balancing_algorithm: &'static str,
    timestamp: WireTime,
}

impl RouterMetrics {
    /// Those of some servers; all are counted, and the first `most_shown` are shown one by one.
    pub fn of<'a>(
        servers: impl Iterator<Item = &'a Arc<ServerEntry>>,
        exchange: &Exchange,
        view: &VitalsView,
        now: Timestamp,
        most_shown: usize,
    ) -> Self {
        let mut summary = Summary::default();
        let (mut answered, mut time_spent) = (0_u64, 0.0);
        let mut metrics = BTreeMap::new();
        for server in servers {
            let signs = view.look(server.id, now).unwrap_or(NOTHING_YET);
            summary.total_servers += 1;
            summary.healthy_servers += usize::from(server.health == HealthStatus::Healthy);
            summary.open_circuits += usize::from(signs.breaker == BreakerState::Open);
            summary.total_requests += signs.answered + signs.failed;
            summary.active_requests += u64::from(signs.in_flight);
            answered += signs.answered;
            time_spent += signs.average_ms * approximately(signs.answered);
            if metrics.len() < most_shown {
                metrics.insert(server.id, ServerMetrics::of(server, &signs));
            }
        }
        summary.success_rate = rate(answered, summary.total_requests, 1.0);
        if answered > 0 {
            summary.avg_response_time_ms = time_spent / approximately(answered);
        }
        let load_balancing_algorithm = exchange.load_balancer().as_str();
        Self { metrics, summary, load_balancing_algorithm, timestamp: WireTime(now) }
    }
}

const NOTHING_YET: VitalSigns = VitalSigns {
    in_flight: 0,
    answered: 0,
    failed: 0,
    average_ms: 0.0,
    p50_ms: 0.0,
    p95_ms: 0.0,
    breaker: BreakerState::Closed,
    failures_in_a_row: 0,
    is_ejected: false,
    last: None,
};

impl ServerMetrics {
    fn of(server: &ServerEntry, signs: &VitalSigns) -> Self {
        let total = signs.answered + signs.failed;
        Self {
            server_id: server.id,
            server_name: server.name.clone(),
            active_connections: signs.in_flight,
            total_requests: total,
            successful_requests: signs.answered,
            failed_requests: signs.failed,
            success_rate: rate(signs.answered, total, 1.0),
            error_rate: rate(signs.failed, total, 0.0),
            avg_response_time_ms: signs.average_ms,
            p50_response_time_ms: signs.p50_ms,
            p95_response_time_ms: signs.p95_ms,
            circuit_breaker_state: signs.breaker.as_str(),
            failure_count: signs.failures_in_a_row,
            ejected: signs.is_ejected,
            health_status: server.health.as_str(),
            last_update: signs.last.map(WireTime),
            last_update_epoch: signs.last.map(|last| last.as_duration().as_secs_f64()),
        }
    }
}

fn rate(part: u64, whole: u64, of_none: f64) -> f64 {
    if whole == 0 { of_none } else { approximately(part) / approximately(whole) }
}

/// A count as a fraction's part; beyond four thousand million it is not told apart.
fn approximately(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
