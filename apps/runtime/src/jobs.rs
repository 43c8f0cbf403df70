//! Background jobs: one file per job, started together and stopped together.

mod copy_operations;
mod discover;
mod export_metrics;
mod feed_live;
mod follow_routes;
mod keep_metrics;
mod probe;
mod renew_answers;
mod seal;
mod tell_state;

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
    running.spawn(feed_live::run(runtime.live.clone(), stop.clone()));
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

/// Tells the log of a change of fortune: once that something fails, and once that it goes again.
struct Fortune {
    what: &'static str,
    failing: bool,
}

impl Fortune {
    const fn of(what: &'static str) -> Self {
        Self { what, failing: false }
    }

    /// Notes how a try went, and answers whether it went well.
    fn note<T>(&mut self, tried: &Result<T, impl std::fmt::Display>) -> bool {
        match tried {
            Ok(_) if self.failing => tracing::info!("{} again", self.what),
            Err(error) if !self.failing => {
                tracing::warn!(%error, "not {} right now; trying on", self.what);
            }
            _ => {}
        }
        self.failing = tried.is_err();
        !self.failing
    }
}
