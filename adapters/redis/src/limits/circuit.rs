//! Whether Redis is asked at all. One failure opens the circuit; while it is open nobody waits for
//! Redis but a task that tries it now and then, and closes the circuit when it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::Fault;
use crate::pool::RedisPool;

pub(super) struct Circuit {
    pool: Arc<RedisPool>,
    is_open: Arc<AtomicBool>,
    retry_interval: Duration,
    stop: CancellationToken,
}

impl Circuit {
    pub(super) fn new(
        pool: Arc<RedisPool>,
        retry_interval: Duration,
        stop: CancellationToken,
    ) -> Self {
        Self { pool, is_open: Arc::default(), retry_interval, stop }
    }

    /// Whether Redis is not asked.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Opens, if it is not open yet.
    pub(super) fn open(&self, fault: &Fault) {
        if self.is_open.swap(true, Ordering::AcqRel) {
            return;
        }
        tracing::warn!(error = %fault, "redis is gone: this process counts its limits for itself");
        metrics::gauge!("mcp_registry_limits_in_process").set(1.0);
        let (pool, is_open) = (Arc::clone(&self.pool), Arc::clone(&self.is_open));
        let retry_interval = self.retry_interval;
        let until_it_answers = async move {
            loop {
                tokio::time::sleep(retry_interval).await;
                if pool.ping().await.is_ok() {
                    break;
                }
            }
            is_open.store(false, Ordering::Release);
            tracing::info!("redis is back: limits are shared again");
            metrics::gauge!("mcp_registry_limits_in_process").set(0.0);
        };
        let stop = self.stop.clone();
        self.pool.tracker.spawn_on(
            async move { stop.run_until_cancelled_owned(until_it_answers).await },
            &self.pool.handle,
        );
    }
}
