//! A server is asked whether it speaks MCP right now, for the people who look after it.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use crate::error::Error;
use crate::ports::{GatewayPorts, ServerHealth};
use crate::routing::ServerEntry;
use crate::server::HealthStatus;

/// Probes, unless another replica did so less than `interval` ago, and keeps what was found for
/// `kept_for`; answers whether it asked. A server that fails is a result, not an error.
///
/// # Errors
/// [`Error::Unavailable`] where what is found cannot be kept.
pub async fn probe_server(
    ports: &GatewayPorts,
    server: &ServerEntry,
    interval: Duration,
    kept_for: Duration,
) -> Result<bool, Error> {
    let began = ports.clock.now();
    // Turns come a little early or late: this process's own last one must not make it skip.
    let recent = SignedDuration::try_from(interval / 4 * 3).unwrap_or(SignedDuration::MAX);
    let before = ports.probes.find(server.id).await?;
    if before.is_some_and(|before| began.duration_since(before.last_check) < recent) {
        return Ok(false);
    }
    let (status, failure) = if server.in_maintenance {
        (HealthStatus::Maintenance, None)
    } else {
        match ports.upstream.probe(&server.endpoint).await {
            Ok(()) => (HealthStatus::Healthy, None),
            Err(failure) => (HealthStatus::Unhealthy, Some(failure)),
        }
    };
    let took = ports.clock.now().duration_since(began);
    let details = json!({
        "response_time_ms": took.as_millis().max(0),
        "fault_class": failure.as_ref().map(|failure| failure.class.as_str()),
        "detail": failure.map(|failure| failure.detail),
    });
    let health = ServerHealth { status, last_check: began, details };
    ports.probes.put(server.id, &health, kept_for).await?;
    Ok(true)
}
