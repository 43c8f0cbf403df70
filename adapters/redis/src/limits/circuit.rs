//! Whether Redis is asked at all. One failure opens the circuit, or two late answers in a row: one
//! alone may be load. While it is open nobody waits for Redis but a task that tries it now and then,
//! and closes the circuit when Redis answers and takes writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::{Fault, chain};
use crate::pool::RedisPool;

/// So many late answers in a row open the circuit.
const LATE_IN_A_ROW: u32 = 2;

pub(super) struct Circuit {
    pool: Arc<RedisPool>,
    is_open: Arc<AtomicBool>,
    late_in_a_row: AtomicU32,
    retry_interval: Duration,
    stop: CancellationToken,
}

impl Circuit {
    pub(super) fn new(
        pool: Arc<RedisPool>,
        retry_interval: Duration,
        stop: CancellationToken,
    ) -> Self {
        let (is_open, late_in_a_row) = (Arc::default(), AtomicU32::default());
        Self { pool, is_open, late_in_a_row, retry_interval, stop }
    }

    /// Whether Redis is not asked.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Notes that Redis answered in time.
    pub(super) fn answered(&self) {
        // Read first: nearly always there is nothing to write, and all callers share this.
        if self.late_in_a_row.load(Ordering::Relaxed) != 0 {
            self.late_in_a_row.store(0, Ordering::Relaxed);
        }
    }

    /// Notes that Redis did not answer, and opens if that is reason enough.
    pub(super) fn failed(&self, fault: &Fault) {
        let late = || self.late_in_a_row.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if fault.is_late() && late() < LATE_IN_A_ROW {
            tracing::debug!(error = chain(fault), "redis was late for limits");
            return;
        }
        self.open(fault);
    }

    /// Opens, if it is not open yet.
    fn open(&self, fault: &Fault) {
        if self.is_open.swap(true, Ordering::AcqRel) {
            return;
        }
        self.late_in_a_row.store(0, Ordering::Relaxed);
        tracing::warn!(
            error = chain(fault),
            "redis cannot be used for limits: this process counts for itself"
        );
        metrics::gauge!("mcp_registry_limits_in_process").set(1.0);
        let (pool, is_open) = (Arc::clone(&self.pool), Arc::clone(&self.is_open));
        let retry_interval = self.retry_interval;
        let until_it_answers = async move {
            loop {
                tokio::time::sleep(retry_interval).await;
                if pool.check().await.is_ok() {
                    break;
                }
            }
            is_open.store(false, Ordering::Release);
            tracing::info!("redis can be used again: limits are shared again");
            metrics::gauge!("mcp_registry_limits_in_process").set(0.0);
        };
        let stop = self.stop.clone();
        self.pool.tracker.spawn_on(
            async move { stop.run_until_cancelled_owned(until_it_answers).await },
            &self.pool.handle,
        );
    }
}
