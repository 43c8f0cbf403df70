//! Whether the stores answer: asked by probes, by health documents and by the tool `health_check`.

use std::time::{Duration, Instant};

use registry_domain::ports::{PoolState, StoreHealth};

/// Who asks has to answer themselves, whatever the store does.
const DEADLINE: Duration = Duration::from_millis(900);

/// What a store answered.
#[derive(Debug, Clone, Copy)]
pub struct StoreAnswer {
    /// How long it took to answer, in milliseconds; `None` when it did not.
    pub latency_ms: Option<f64>,
    /// Its connections.
    pub pool: PoolState,
}

impl StoreAnswer {
    /// Whether the store answered.
    pub const fn is_healthy(&self) -> bool {
        self.latency_ms.is_some()
    }
}

/// Asks the store and, where there is one, what replicas share: both at once, so that the patience
/// for one is enough for two that are silent.
pub async fn ask_stores(
    store: &dyn StoreHealth,
    shared: Option<&dyn StoreHealth>,
) -> (StoreAnswer, Option<StoreAnswer>) {
    let asked = async {
        match shared {
            Some(shared) => Some(ask_store(shared).await),
            None => None,
        }
    };
    futures_util::future::join(ask_store(store), asked).await
}

/// Asks a store whether it answers, for less than a second.
pub async fn ask_store(store: &dyn StoreHealth) -> StoreAnswer {
    let began = Instant::now();
    let latency_ms = match tokio::time::timeout(DEADLINE, store.check()).await {
        Ok(Ok(())) => Some((began.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0),
        Ok(Err(error)) => {
            tracing::warn!(%error, store = store.kind(), "a store does not answer a health check");
            None
        }
        Err(_) => {
            tracing::warn!(store = store.kind(), "a store does not answer a health check in time");
            None
        }
    };
    StoreAnswer { latency_ms, pool: store.pool() }
}
