//! What probes of both apps share.

use actix_web::HttpResponse;
use futures_util::future::{Ready, ready};
use registry_domain::ports::StoreHealth;
use registry_exchange::{StoreAnswer, ask_stores};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// Asks the store and, where there is one, what replicas share: both at once.
pub async fn ask_all(
    store: &dyn StoreHealth,
    shared: Option<&dyn StoreHealth>,
) -> (StoreReport, Option<StoreReport>) {
    let (store, shared) = ask_stores(store, shared).await;
    (StoreReport::of(store), shared.map(StoreReport::of))
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
    fn of(answer: StoreAnswer) -> Self {
        let StoreAnswer { latency_ms, pool } = answer;
        Self {
            status: if answer.is_healthy() { "healthy" } else { "unhealthy" },
            latency_ms,
            pool: PoolReport {
                size: pool.size,
                max: pool.max,
                available: pool.available,
                waiting: pool.waiting,
            },
        }
    }

    /// Whether the store answered.
    pub const fn is_healthy(&self) -> bool {
        self.latency_ms.is_some()
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
