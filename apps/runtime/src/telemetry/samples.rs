//! What is looked at when somebody asks for the metrics: pools, the spool, the routing snapshot.

use std::sync::Arc;

use metrics::Gauge;
use registry_domain::ports::{Clock, StoreHealth};
use registry_exchange::{Routes, Spool};

/// What there is to look at.
pub(crate) struct Samples {
    pools: Vec<PoolSample>,
    gateway: Option<GatewaySample>,
}

struct PoolSample {
    store: Arc<dyn StoreHealth>,
    size: Gauge,
    max: Gauge,
    available: Gauge,
    waiting: Gauge,
}

struct GatewaySample {
    routes: Arc<Routes>,
    spool: Arc<Spool>,
    clock: Arc<dyn Clock>,
    count: Gauge,
    age: Gauge,
    waiting: Gauge,
}

impl Samples {
    /// Looks at the pools of these stores.
    pub(crate) fn of(stores: impl IntoIterator<Item = Arc<dyn StoreHealth>>) -> Self {
        Self { pools: stores.into_iter().map(PoolSample::of).collect(), gateway: None }
    }

    /// Looks at the gateway's state too.
    pub(crate) fn and_gateway(
        self,
        routes: Arc<Routes>,
        spool: Arc<Spool>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let gateway = GatewaySample {
            routes,
            spool,
            clock,
            count: metrics::gauge!("mcp_registry_routes"),
            age: metrics::gauge!("mcp_registry_routes_age_seconds"),
            waiting: metrics::gauge!("mcp_registry_spool_waiting_bytes"),
        };
        Self { gateway: Some(gateway), ..self }
    }

    /// Takes all samples.
    pub(crate) fn take(&self) {
        for pool in &self.pools {
            pool.take();
        }
        if let Some(gateway) = &self.gateway {
            gateway.take();
        }
    }
}

impl PoolSample {
    fn of(store: Arc<dyn StoreHealth>) -> Self {
        let kind = store.kind();
        Self {
            size: metrics::gauge!("mcp_registry_pool_connections", "store" => kind),
            max: metrics::gauge!("mcp_registry_pool_max_connections", "store" => kind),
            available: metrics::gauge!("mcp_registry_pool_available_connections", "store" => kind),
            waiting: metrics::gauge!("mcp_registry_pool_waiting", "store" => kind),
            store,
        }
    }

    fn take(&self) {
        let pool = self.store.pool();
        self.size.set(number(pool.size));
        self.max.set(number(pool.max));
        self.available.set(number(pool.available));
        self.waiting.set(number(pool.waiting));
    }
}

impl GatewaySample {
    fn take(&self) {
        self.count.set(number(self.routes.now().all().count()));
        let age = self.clock.now().duration_since(self.routes.refreshed_at());
        self.age.set(age.as_secs_f64().max(0.0));
        self.waiting.set(number(usize::try_from(self.spool.waiting_bytes()).unwrap_or(usize::MAX)));
    }
}

/// A count as a gauge has it; four thousand million of anything is more than there can be.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
