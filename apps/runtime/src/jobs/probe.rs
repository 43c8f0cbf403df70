//! Asks each server now and then whether it is well.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use registry_domain::ports::GatewayPorts;
use registry_domain::routing::ServerEntry;
use registry_domain::use_cases::probe_server;
use registry_exchange::Routes;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Fortune;
use crate::settings::RegistrySettings;

/// How many servers are asked at the same time.
const AT_ONCE: usize = 16;

/// Probes until told to stop. A server that is asked when that happens is asked again by the next
/// process.
pub(super) async fn run(
    routes: Arc<Routes>,
    ports: GatewayPorts,
    settings: RegistrySettings,
    stop: CancellationToken,
) {
    let mut fortune = Fortune::of("keeping what probes find");
    let mut turns = tokio::time::interval(settings.discovery_interval);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let probing = async {
        loop {
            turns.tick().await;
            let servers: Vec<Arc<ServerEntry>> = routes.now().all().cloned().collect();
            let probes = stream::iter(servers).map(|server| {
                let ports = &ports;
                async move {
                    let (interval, kept_for) =
                        (settings.discovery_interval, settings.probe_kept_for);
                    probe_server(ports, &server, interval, kept_for).await
                }
            });
            let mut probes = probes.buffer_unordered(AT_ONCE);
            let mut turn = Ok(());
            while let Some(probed) = probes.next().await {
                turn = turn.and(probed.map(drop));
            }
            fortune.note(&turn);
        }
    };
    stop.run_until_cancelled(probing).await;
}
