//! Background jobs: one file per job, started together and stopped together.

mod copy_operations;
mod discover;
mod export_metrics;
mod feed_live;
mod follow_administrators;
mod follow_routes;
mod fortune;
mod keep_metrics;
mod keep_oauth;
mod list_programs;
mod probe;
mod renew_answers;
mod seal;
mod share_vitals;
mod tell_calls;
mod tell_state;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::boot::Runtime;

pub(crate) use copy_operations::copy_operations_once;
pub(crate) use seal::seal_own_once;

/// The jobs that run.
pub(crate) struct Jobs {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Jobs {
    /// Stops all jobs at a point where nothing is half done.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }
}

/// Starts the jobs of the halves that this process has.
pub(crate) fn start(runtime: &Runtime) -> Jobs {
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    if let Some(recorder) = &runtime.telemetry.recorder {
        running.spawn(keep_metrics::run(recorder.clone(), stop.clone()));
        running.spawn(export_metrics::run(
            runtime.telemetry.tally.clone(),
            runtime.cache(),
            runtime.settings.telemetry.metrics.export_interval,
            stop.clone(),
        ));
    }
    if let Some(freshness) = runtime.freshness() {
        running.spawn(renew_answers::run(freshness, runtime.registry.events.clone(), stop.clone()));
    }
    if runtime.has_public_api() {
        running.spawn(discover::run(
            runtime.registry.clone(),
            runtime.settings.health.rules.interval,
            stop.clone(),
        ));
    }
    if let Some(programs) = &runtime.settings.programs.programs {
        let aliases = programs.iter().map(|program| program.alias.clone()).collect();
        running.spawn(list_programs::run(runtime.registry.clone(), aliases, stop.clone()));
    }
    if let Some(oauth) = runtime.oauth.clone() {
        running.spawn(keep_oauth::run(oauth, stop.clone()));
    }
    running.spawn(follow_administrators::run(runtime.administrators.clone(), stop.clone()));
    running.spawn(feed_live::run(runtime.live.clone(), stop.clone()));
    running.spawn(tell_calls::run(runtime.live.calls.clone(), stop.clone()));
    running.spawn(tell_state::run(
        runtime.live.clone(),
        runtime.registry.clone(),
        if runtime.has_public_api() { "unhealthy" } else { "degraded" },
        stop.clone(),
    ));
    // Whichever half runs: servers are probed as long as anything does.
    running.spawn(probe::run(
        runtime.registry.clone(),
        runtime.settings.health.rules,
        stop.clone(),
    ));
    let calls = &runtime.calls;
    running.spawn(share_vitals::run(Arc::clone(calls.exchange.everywhere()), stop.clone()));
    running.spawn(follow_routes::run(calls.routes.clone(), calls.ports.clone(), stop.clone()));
    running.spawn(copy_operations::run(
        calls.spool.clone(),
        calls.ports.operations.clone(),
        runtime.writer.clone(),
        stop.clone(),
    ));
    let sealing = seal::Sealing {
        ports: runtime.seal_ports(),
        leases: runtime.registry.leases.clone(),
        ids: runtime.registry.ids.clone(),
        writer: runtime.writer.clone(),
        settings: runtime.settings.audit,
    };
    running.spawn(seal::run(sealing, stop.clone()));
    Jobs { stop, running }
}
