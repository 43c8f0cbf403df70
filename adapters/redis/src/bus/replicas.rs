//! Who lives: a sorted set of replicas by when they last said so, on Redis' own clock, so that
//! nobody's clock decides over another one's life.

use std::sync::LazyLock;

use deadpool_redis::redis::{AsyncCommands as _, Script};
use registry_domain::ports::ReplicaId;
use uuid::Uuid;

use super::Shared;
use crate::error::Fault;

/// KEYS: the set. ARGV: how long one lives, in milliseconds; who says that it lives, or nothing;
/// a channel, or nothing; what to publish on it. Answers who lives.
static LIVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[1] * 2)
end
local live = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now - ARGV[1]), '+inf')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[1]))
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return live
",
    )
});

impl Shared {
    async fn live(
        &self,
        name: &'static str,
        lives: Option<ReplicaId>,
        say: Option<(String, bytes::Bytes)>,
    ) -> Result<Vec<ReplicaId>, Fault> {
        let set = self.pool.key("replicas");
        let live_for = crate::time::ttl_ms(self.options.live_for);
        let lives = lives.map(|replica| replica.to_string()).unwrap_or_default();
        let (channel, message) = say.unwrap_or_default();
        let live: Vec<String> = self
            .pool
            .run(name, move |mut link| async move {
                let mut call = LIVE.key(set);
                call.arg(live_for).arg(lives).arg(channel).arg(message.as_ref());
                call.invoke_async(&mut link).await
            })
            .await?;
        // What is not an id was put there by somebody else, and nobody waits for it.
        Ok(live.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(ReplicaId).collect())
    }

    /// Says that this replica lives, and learns who else does.
    pub(super) async fn beat(&self) -> Result<(), Fault> {
        let live = self.live("heartbeat", Some(self.replica), None).await?;
        self.live_count.send_replace(live.len().max(1));
        Ok(())
    }

    /// Who lives, in order, this replica included.
    pub(super) async fn live_replicas(&self) -> Result<Vec<ReplicaId>, Fault> {
        let mut live = self.live("list_replicas", None, None).await?;
        live.push(self.replica);
        live.sort_unstable();
        live.dedup();
        Ok(live)
    }

    /// Publishes a question, and says who lived at that moment.
    pub(super) async fn publish_question(
        &self,
        question: bytes::Bytes,
    ) -> Result<Vec<ReplicaId>, Fault> {
        self.live("ask", None, Some((self.question_channel(), question))).await
    }

    /// Says goodbye, so that nobody waits for this replica.
    async fn leave(&self) -> Result<(), Fault> {
        let (set, replica) = (self.pool.key("replicas"), self.replica.to_string());
        self.pool.run("leave", |mut link| async move { link.zrem(set, replica).await }).await
    }

    /// Says again and again that this replica lives, while it can hear the others; at the end says
    /// goodbye. A heartbeat that is under way is waited for: it must not come after the goodbye.
    pub(super) async fn live_until_stopped(&self) {
        let mut tick = tokio::time::interval(self.options.heartbeat);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.stop.run_until_cancelled(tick.tick()).await.is_some() {
            // Who hears nothing answers nothing: nobody should wait for it.
            if self.pool.listener.hears()
                && let Err(error) = self.beat().await
            {
                tracing::debug!(%error, "the heartbeat did not arrive");
            }
        }
        if let Err(error) = self.leave().await {
            tracing::debug!(%error, "the others were not told goodbye");
        }
    }
}
