//! Writes `metrics:system`: what dashboards read that know no Prometheus.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_domain::ports::ResponseCache;
use registry_http_edge::tally::{Tallied, Tally};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;

/// The key.
const KEY: &str = "metrics:system";

/// Exports until told to stop. What nobody exports any more is forgotten after three turns.
pub(super) async fn run(
    tally: Arc<Tally>,
    cache: Arc<dyn ResponseCache>,
    every: Duration,
    stop: CancellationToken,
) {
    let exporting = async {
        let mut fortune = Fortune::of("exporting metrics");
        let mut before = Tallied::default();
        loop {
            tokio::time::sleep(every).await;
            let now = tally.so_far();
            let value = Bytes::from(document(&now, &before).to_string());
            fortune.note(&cache.put(KEY, value, every.saturating_mul(3)).await);
            before = now;
        }
    };
    stop.run_until_cancelled(exporting).await;
}

/// Counts since the start, times of what was answered since the last export.
fn document(now: &Tallied, before: &Tallied) -> Value {
    let (average, percentiles) = now.times_since(before, &[50, 95, 99]);
    let percentile = |at: usize| percentiles.get(at).copied().unwrap_or(0.0);
    json!({
        "request_counts": {
            "total": now.total,
            "success": now.total.saturating_sub(now.errors),
            "error": now.errors,
        },
        "response_times": {
            "avg_ms": average,
            "p50_ms": percentile(0),
            "p95_ms": percentile(1),
            "p99_ms": percentile(2),
        },
        "error_rates": {
            "total": rate(now.errors, now.total),
            "last_minute": rate(now.last_minute_errors, now.last_minute),
        },
    })
}

/// A share from 0 to 1, in steps of a ten-thousandth.
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let steps = u128::from(part) * 10_000 / u128::from(whole);
    u32::try_from(steps).map_or(1.0, |steps| f64::from(steps) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_no_error() {
        let empty = document(&Tallied::default(), &Tallied::default());
        assert_eq!(empty["error_rates"], json!({"total": 0.0, "last_minute": 0.0}));
        assert_eq!(empty["request_counts"], json!({"total": 0, "success": 0, "error": 0}));
        assert_eq!(empty["response_times"]["p99_ms"], 0.0);
    }

    #[test]
    fn a_rate_is_a_share_of_one() {
        assert!((rate(1, 100) - 0.01).abs() < 1e-9);
        assert!((rate(3, 3) - 1.0).abs() < 1e-9);
    }
}
