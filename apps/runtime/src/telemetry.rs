//! What this process tells of itself: logs, metrics, traces.
//!
//! docs/TELEMETRY.md has every metric by name.

mod log_file;
mod logs;
mod metered_upstream;
mod otlp_client;
mod process;
mod recorder;
mod samples;
mod traces;

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use registry_domain::ports::RegistryPorts;
use registry_http_edge::exposition::Exposition;
use registry_http_edge::tally::Tally;

use crate::boot::CallPath;
use crate::settings::MetricsSettings;

pub(crate) use logs::start;
pub(crate) use metered_upstream::MeteredUpstream;
pub(crate) use traces::{Traces, continue_trace, name_span, traceparent_of};

/// What this process measures of itself.
pub(crate) struct Telemetry {
    /// Counts requests.
    pub(crate) tally: Arc<Tally>,
    /// Keeps metrics, where they are on.
    pub(crate) recorder: Option<PrometheusHandle>,
    /// Shows them.
    pub(crate) exposition: Option<Exposition>,
    path: String,
}

impl Telemetry {
    /// Begins to measure.
    pub(crate) fn start(settings: &MetricsSettings) -> Self {
        Self {
            tally: Arc::default(),
            recorder: settings.enabled.then(recorder::install),
            exposition: None,
            path: settings.endpoint.clone(),
        }
    }

    /// Makes the page, which also shows the stores and the gateway as they are when it is asked for.
    pub(crate) fn look_at(&mut self, registry: &RegistryPorts, calls: &CallPath) {
        let Some(recorder) = self.recorder.clone() else { return };
        let stores = [Some(Arc::clone(&registry.health)), registry.shared.clone()];
        let (routes, spool) = (Arc::clone(&calls.routes), Arc::clone(&calls.spool));
        let samples = samples::Samples::of(stores.into_iter().flatten()).and_gateway(
            routes,
            spool,
            Arc::clone(&registry.clock),
        );
        self.exposition = Some(recorder::exposition(&self.path, recorder, samples));
    }
}
