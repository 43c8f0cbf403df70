//! Keeps the gateway's routing snapshot true.

use std::sync::Arc;

use registry_domain::ports::GatewayPorts;
use registry_exchange::Routes;
use tokio_util::sync::CancellationToken;

/// Follows the event log until told to stop.
pub(super) async fn run(routes: Arc<Routes>, ports: GatewayPorts, stop: CancellationToken) {
    stop.run_until_cancelled(routes.follow(&ports)).await;
}
