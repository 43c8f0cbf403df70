//! Sums up what was measured, so that it takes no more room when nobody asks for it.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

/// How long single measurements are kept before they are summed up.
const EVERY: Duration = Duration::from_secs(5);

/// Sums up until told to stop.
pub(super) async fn run(recorder: PrometheusHandle, stop: CancellationToken) {
    let keeping = async {
        loop {
            tokio::time::sleep(EVERY).await;
            recorder.run_upkeep();
        }
    };
    stop.run_until_cancelled(keeping).await;
}
