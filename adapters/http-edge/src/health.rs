//! What probes of both apps share.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::rt::time::timeout;
use futures_util::future::{Ready, ready};
use registry_domain::ports::StoreHealth;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// A probe has to answer, whatever the store does.
const STORE_DEADLINE: Duration = Duration::from_millis(900);

/// Asks the store and, where there is one, what replicas share: both at once, so that a probe's
/// patience is enough for two that are silent.
pub async fn ask_all(
    store: &dyn StoreHealth,
    shared: Option<&dyn StoreHealth>,
) -> (StoreReport, Option<StoreReport>) {
    let asked = async {
        match shared {
            Some(shared) => Some(ask_store(shared).await),
            None => None,
        }
    };
    futures_util::future::join(ask_store(store), asked).await
}

/// The store as a health document shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoreReport {
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// How long it took to answer, in milliseconds; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0.8)]
    pub latency_ms: Option<f64>,
    /// Its connections.
    pub pool: PoolReport,
}

/// A store's connections.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"size": 10, "max": 20, "available": 9, "waiting": 0}))]
pub struct PoolReport {
    size: usize,
    max: usize,
    available: usize,
    waiting: usize,
}

impl StoreReport {
    /// Whether the store answered.
    pub const fn is_healthy(&self) -> bool {
        self.latency_ms.is_some()
    }
}

/// Asks the store whether it answers, for less than a second.
pub async fn ask_store(store: &dyn StoreHealth) -> StoreReport {
    let began = Instant::now();
    let latency_ms = match timeout(STORE_DEADLINE, store.check()).await {
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
    let pool = store.pool();
    StoreReport {
        status: if latency_ms.is_some() { "healthy" } else { "unhealthy" },
        latency_ms,
        pool: PoolReport {
            size: pool.size,
            max: pool.max,
            available: pool.available,
            waiting: pool.waiting,
        },
    }
}

/// The process runs.
///
/// It asks nobody, so that a broken store restarts nothing.
#[utoipa::path(
    get, path = "/livez", operation_id = "livez", tag = "health",
    responses((status = 200, description = "It runs", body = Object, example = json!({"status": "alive"}))),
)]
pub fn livez() -> Ready<HttpResponse> {
    ready(HttpResponse::Ok().json(json!({"status": "alive"})))
}
