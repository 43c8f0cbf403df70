//! Tells live clients how the product itself is doing, and how its router is: while somebody
//! listens, and only then is anybody asked.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{RegistryPorts, StoreHealth};
use registry_http_edge::WireTime;
use registry_live_feed::{Frame, LiveFeed, Topic};
use serde_json::json;
use tokio::time::{MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;

/// How often the stores are asked.
const EVERY: Duration = Duration::from_secs(1);

/// How long a store may take to answer.
const STORE_WITHIN: Duration = Duration::from_millis(900);

/// The router is told of once in so many turns.
const METRICS_EVERY: u32 = 5;

/// Tells until told to stop. `without_store` is what a process is that has no store: the public API
/// can do nothing then, the gateway serves from its snapshot.
pub(super) async fn run(
    live: LiveFeed,
    registry: RegistryPorts,
    without_store: &'static str,
    stop: CancellationToken,
) {
    let telling = async {
        let mut turns = tokio::time::interval(EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        let mut turn: u32 = 0;
        loop {
            turns.tick().await;
            turn = turn.wrapping_add(1);
            if live.hub.has_listeners(Topic::Health) {
                let state = State::ask(&registry, without_store).await;
                if last.as_ref() != Some(&state) {
                    live.hub.publish(state.frame(&registry, last.as_ref()));
                    if let Some(alert) = state.alert(&registry, last.as_ref()) {
                        live.hub.publish(alert);
                    }
                }
                last = Some(state);
            } else if last.take().is_some() {
                live.hub.forget_system();
            }
            if turn.is_multiple_of(METRICS_EVERY) {
                live.tell_metrics(registry.clock.now()).await;
            }
        }
    };
    stop.run_until_cancelled(telling).await;
}

/// How the product is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    status: &'static str,
    database: &'static str,
    redis: Option<&'static str>,
}

impl State {
    async fn ask(registry: &RegistryPorts, without_store: &'static str) -> Self {
        let redis = async {
            match &registry.shared {
                Some(shared) => Some(ask(shared).await),
                None => None,
            }
        };
        let (database, redis) = futures_util::future::join(ask(&registry.health), redis).await;
        let status = match (database, redis) {
            (false, _) => without_store,
            (true, Some(false)) => "degraded",
            (true, _) => "healthy",
        };
        Self { status, database: word(database), redis: redis.map(word) }
    }

    fn frame(&self, registry: &RegistryPorts, before: Option<&Self>) -> Frame {
        let now = registry.clock.now();
        let mut components = json!({"database": {"status": self.database}});
        if let (Some(redis), Some(components)) = (self.redis, components.as_object_mut()) {
            components.insert("redis".to_owned(), json!({"status": redis}));
        }
        let payload = json!({
            "status": self.status,
            "previous_status": before.map(|before| before.status),
            "database": if self.database == "healthy" { "connected" } else { "disconnected" },
            "components": components,
            "last_check": WireTime(now),
        });
        Frame::new(Topic::Health, "system_health", now, payload)
    }

    /// What people who look after the product should know: that it got worse, or well again.
    fn alert(&self, registry: &RegistryPorts, before: Option<&Self>) -> Option<Frame> {
        let was_well = before.is_none_or(|before| before.status == "healthy");
        let is_well = self.status == "healthy";
        let (severity, status) = match (was_well, is_well) {
            (true, true) => return None,
            (_, false) if self.status == "unhealthy" => ("critical", "active"),
            (_, false) => ("warning", "active"),
            (false, true) => ("info", "resolved"),
        };
        let payload = json!({
            "id": registry.ids.next(),
            "severity": severity,
            "message": format!("The product is {}", self.status),
            "status": status,
        });
        Some(Frame::new(Topic::Health, "alert", registry.clock.now(), payload))
    }
}

async fn ask(store: &Arc<dyn StoreHealth>) -> bool {
    matches!(timeout(STORE_WITHIN, store.check()).await, Ok(Ok(())))
}

const fn word(answers: bool) -> &'static str {
    if answers { "healthy" } else { "unhealthy" }
}
