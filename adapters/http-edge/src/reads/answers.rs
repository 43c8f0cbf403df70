//! Kept answers and their generation.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use actix_web::rt::time::timeout;
use bytes::Bytes;
use metrics::Counter;
use registry_domain::ports::{Clock, Ids, PortError, ResponseCache};

use super::entry::Entry;

/// The key of the current generation.
const GENERATION: &str = "responses:generation";
/// How long a generation is kept that nobody replaces. Losing it costs a few answers.
const GENERATION_KEPT: Duration = Duration::from_hours(24);
/// How long the cache may take: the store answers in less.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long the cache is left alone that did not answer.
const BREAK_MS: i64 = 1000;

/// What every kept answer belongs to.
pub(super) struct Generation(Bytes);

/// What looking for an answer comes to.
pub(super) enum Found {
    /// It was kept.
    Hit(Entry),
    /// It was not: it may be, under the generation that was current before it was made.
    Miss(Generation),
    /// There is nobody to ask.
    Unavailable,
}

/// Keeps answers for a while, and none from before a commit.
pub struct Answers {
    cache: Arc<dyn ResponseCache>,
    ttl: Duration,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// How many generations were wanted, and up to which one that was granted. While one is
    /// outstanding, others may still add to what was kept before a commit: nothing is trusted.
    wanted: AtomicU64,
    granted: AtomicU64,
    /// The cache did not answer: until then it is left alone.
    away_until_ms: AtomicI64,
    hits: Counter,
    misses: Counter,
    unavailable: Counter,
}

impl fmt::Debug for Answers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Answers").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl Answers {
    /// Keeps answers in `cache` for `ttl`.
    pub fn new(
        cache: Arc<dyn ResponseCache>,
        ttl: Duration,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let count = |result: &'static str| metrics::counter!("mcp_registry_response_cache_total", "result" => result);
        Self {
            cache,
            ttl,
            clock,
            ids,
            wanted: AtomicU64::new(0),
            granted: AtomicU64::new(0),
            away_until_ms: AtomicI64::new(0),
            hits: count("hit"),
            misses: count("miss"),
            unavailable: count("unavailable"),
        }
    }

    /// Begins a generation: nothing that was kept before is found any more, on any replica.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: then nothing is found here until it has succeeded.
    pub async fn renew(&self) -> Result<(), PortError> {
        // First the wish: who asks before it is granted finds nothing. A grant is good for all who
        // had wished by then, because their commits were over.
        let wish = self.wanted.fetch_add(1, Ordering::SeqCst) + 1;
        self.begin().await?;
        self.granted.fetch_max(wish, Ordering::SeqCst);
        Ok(())
    }

    /// Whether a commit could not be told to the others yet.
    pub fn is_in_doubt(&self) -> bool {
        self.granted.load(Ordering::SeqCst) < self.wanted.load(Ordering::SeqCst)
    }

    async fn begin(&self) -> Result<Generation, PortError> {
        let new = Bytes::from(self.ids.next().to_string());
        self.cache.put(GENERATION, new.clone(), GENERATION_KEPT).await?;
        Ok(Generation(new))
    }

    pub(super) async fn find(&self, key: &str) -> Found {
        if self.is_in_doubt() || self.is_away() {
            self.unavailable.increment(1);
            return Found::Unavailable;
        }
        let found = timeout(PATIENCE, self.look(key)).await;
        match found {
            Ok(Ok(found)) => {
                let count = if matches!(found, Found::Hit(_)) { &self.hits } else { &self.misses };
                count.increment(1);
                found
            }
            Ok(Err(error)) => self.rest(&error),
            Err(late) => self.rest(&late),
        }
    }

    async fn look(&self, key: &str) -> Result<Found, PortError> {
        let Some(current) = self.cache.find(GENERATION).await? else {
            return Ok(Found::Miss(self.begin().await?));
        };
        let generation = Generation(current);
        let kept = self.cache.find(&generation.key(key)).await?;
        Ok(match kept.and_then(Entry::decode) {
            Some(entry) => Found::Hit(entry),
            None => Found::Miss(generation),
        })
    }

    pub(super) async fn keep(&self, key: &str, generation: &Generation, entry: &Entry) {
        let Some(value) = entry.encode() else { return };
        let key = generation.key(key);
        match timeout(PATIENCE, self.cache.put(&key, value, self.ttl)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => drop(self.rest(&error)),
            Err(late) => drop(self.rest(&late)),
        }
    }

    fn is_away(&self) -> bool {
        self.clock.now().as_millisecond() < self.away_until_ms.load(Ordering::Relaxed)
    }

    /// Leaves the cache alone for a moment.
    fn rest(&self, why: &dyn fmt::Display) -> Found {
        tracing::debug!(error = %why, "the cache of answers does not answer");
        let until = self.clock.now().as_millisecond().saturating_add(BREAK_MS);
        self.away_until_ms.store(until, Ordering::Relaxed);
        self.unavailable.increment(1);
        Found::Unavailable
    }
}

impl Generation {
    fn key(&self, key: &str) -> String {
        format!("response:{}:{key}", String::from_utf8_lossy(&self.0))
    }
}
