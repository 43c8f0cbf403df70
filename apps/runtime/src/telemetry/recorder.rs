//! The process's metrics: where they are kept, what they mean, and how their page is written.

use std::sync::{Arc, OnceLock};

use metrics::Unit;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use registry_http_edge::exposition::Exposition;

use super::{process, samples::Samples};

/// The bounds of all histograms, in seconds: from a read in memory to the longest call.
const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];

/// What a metric counts.
enum Kind {
    Counter,
    Gauge(Unit),
    Seconds,
}

/// What each metric means. docs/TELEMETRY.md says the same at more length, and a test compares.
const MEANINGS: &[(&str, Kind, &str)] = &[
    (
        "mcp_registry_http_requests_total",
        Kind::Counter,
        "Requests answered, by server, route, method and status.",
    ),
    ("mcp_registry_http_request_seconds", Kind::Seconds, "Time until a request's answer began."),
    (
        "mcp_registry_http_requests_in_flight",
        Kind::Gauge(Unit::Count),
        "Requests whose answer has not begun.",
    ),
    (
        "mcp_registry_limit_refusals_total",
        Kind::Counter,
        "Requests refused by a rate limit, by its class.",
    ),
    (
        "mcp_registry_overload_refusals_total",
        Kind::Counter,
        "Requests refused because too many were being worked on, by server and class.",
    ),
    (
        "mcp_registry_limits_in_process",
        Kind::Gauge(Unit::Count),
        "1 while limits are counted in this process because Redis does not answer.",
    ),
    (
        "mcp_registry_response_cache_total",
        Kind::Counter,
        "Reads that asked the cache of answers, by result.",
    ),
    (
        "mcp_registry_transaction_seconds",
        Kind::Seconds,
        "Time of a read or a write of the store, by name.",
    ),
    (
        "mcp_registry_transaction_retries_total",
        Kind::Counter,
        "Reads and writes of the store that were tried again, by name.",
    ),
    (
        "mcp_registry_pool_connections",
        Kind::Gauge(Unit::Count),
        "Connections that are open, by store.",
    ),
    (
        "mcp_registry_pool_max_connections",
        Kind::Gauge(Unit::Count),
        "Connections that may be open, by store.",
    ),
    (
        "mcp_registry_pool_available_connections",
        Kind::Gauge(Unit::Count),
        "Connections that nobody uses, by store.",
    ),
    (
        "mcp_registry_pool_waiting",
        Kind::Gauge(Unit::Count),
        "Callers that wait for a connection, by store.",
    ),
    (
        "mcp_registry_redis_seconds",
        Kind::Seconds,
        "Time of a conversation with Redis, by name and outcome.",
    ),
    (
        "mcp_registry_redis_reconnects_total",
        Kind::Counter,
        "Times that the connection for messages from Redis was made anew.",
    ),
    (
        "mcp_registry_bus_reconnects_total",
        Kind::Counter,
        "Times that the replica bus on PostgreSQL was joined anew.",
    ),
    (
        "mcp_registry_calls_total",
        Kind::Counter,
        "MCP calls that have ended, by method and outcome.",
    ),
    (
        "mcp_registry_call_seconds",
        Kind::Seconds,
        "Time of an MCP call from its beginning to its last byte, by method.",
    ),
    (
        "mcp_registry_tenant_calls_total",
        Kind::Counter,
        "MCP calls that have ended, by tenant and outcome.",
    ),
    (
        "mcp_registry_active_exchanges",
        Kind::Gauge(Unit::Count),
        "MCP calls that have begun and not ended.",
    ),
    (
        "mcp_registry_parked_exchanges",
        Kind::Gauge(Unit::Count),
        "Exchanges whose server waits for an answer of a client without a handshake.",
    ),
    (
        "mcp_registry_open_streams",
        Kind::Gauge(Unit::Count),
        "Streams on which clients listen for changes.",
    ),
    (
        "mcp_registry_bridged_answers_total",
        Kind::Counter,
        "Answers of servers of one era that went to clients of the other, by both eras.",
    ),
    (
        "mcp_registry_handed_messages_total",
        Kind::Counter,
        "Messages of clients that were handed to the replica that holds what they are about, by outcome.",
    ),
    (
        "mcp_registry_server_call_seconds",
        Kind::Seconds,
        "Time of an MCP call that went to a server, by server and tool.",
    ),
    (
        "mcp_registry_upstream_seconds",
        Kind::Seconds,
        "Time until an upstream's answer began, or it failed.",
    ),
    (
        "mcp_registry_upstream_failures_total",
        Kind::Counter,
        "Calls that an upstream failed, by class.",
    ),
    ("mcp_registry_spool_records_total", Kind::Counter, "Operation records appended to the spool."),
    (
        "mcp_registry_spool_copied_total",
        Kind::Counter,
        "Operation records copied from the spool to the store.",
    ),
    (
        "mcp_registry_spool_waiting_bytes",
        Kind::Gauge(Unit::Bytes),
        "Bytes of operation records that wait for the store.",
    ),
    ("mcp_registry_routes", Kind::Gauge(Unit::Count), "Servers in the routing snapshot."),
    (
        "mcp_registry_routes_age_seconds",
        Kind::Gauge(Unit::Seconds),
        "Time since the routing snapshot was last known to be true.",
    ),
    ("mcp_registry_discoveries_total", Kind::Counter, "Manifests read from upstreams, by result."),
    (
        "mcp_registry_probes_total",
        Kind::Counter,
        "Upstreams asked whether they are well, by result.",
    ),
    ("mcp_registry_build_info", Kind::Gauge(Unit::Count), "1, with the program's version."),
];

/// Keeps the process's metrics from now on. A process has one recorder: a second call finds the
/// first one's.
pub(crate) fn install() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(make).clone()
}

fn make() -> PrometheusHandle {
    // Only an empty list of bounds is refused.
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS);
    let recorder = builder.unwrap_or_default().build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("something else records this process's metrics");
    }
    for (name, kind, meaning) in MEANINGS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *meaning),
            Kind::Gauge(unit) => metrics::describe_gauge!(*name, *unit, *meaning),
            Kind::Seconds => metrics::describe_histogram!(*name, Unit::Seconds, *meaning),
        }
    }
    metrics::gauge!("mcp_registry_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    handle
}

/// The page that shows the process's metrics.
pub(crate) fn exposition(path: &str, handle: PrometheusHandle, samples: Samples) -> Exposition {
    let write = move || {
        samples.take();
        let mut page = handle.render();
        process::write(&mut page);
        page
    };
    Exposition { path: path.to_owned(), write: Arc::new(write) }
}
