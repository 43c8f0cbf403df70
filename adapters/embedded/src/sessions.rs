//! The port `SessionStore` in this process's memory: sessions end with the process.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::ports::{Clock, Outcome, PortError, SessionStore, end_after};

/// After how long room may have been made.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Sessions in memory, a bounded number of them.
pub struct EmbeddedSessions {
    max_sessions: usize,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    values: HashMap<String, (Bytes, Timestamp)>,
    /// The same keys by when they end, so that the ended ones are found without looking at all.
    by_end: BTreeSet<(Timestamp, String)>,
}

impl EmbeddedSessions {
    /// An empty store for at most `max_sessions` values at a time.
    pub fn new(max_sessions: usize, clock: Arc<dyn Clock>) -> Self {
        Self { max_sessions, clock, kept: Mutex::default() }
    }
}

impl fmt::Debug for EmbeddedSessions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedSessions")
            .field("max_sessions", &self.max_sessions)
            .finish_non_exhaustive()
    }
}

impl Kept {
    fn remove(&mut self, key: &str) -> Option<(Bytes, Timestamp)> {
        let (value, end) = self.values.remove(key)?;
        self.by_end.remove(&(end, key.to_owned()));
        Some((value, end))
    }

    fn drop_ended(&mut self, now: Timestamp) {
        while let Some((end, key)) = self.by_end.pop_first() {
            if end > now {
                self.by_end.insert((end, key));
                return;
            }
            self.values.remove(&key);
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("as many sessions are kept as may be")]
struct Full;

#[async_trait]
impl SessionStore for EmbeddedSessions {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let now = self.clock.now();
        let end = end_after(now, ttl);
        let mut kept = self.kept.lock();
        kept.remove(key);
        if kept.values.len() >= self.max_sessions {
            kept.drop_ended(now);
        }
        if kept.values.len() >= self.max_sessions {
            return Err(PortError::Unavailable {
                retry_after: RETRY_AFTER,
                outcome: Outcome::NotApplied,
                source: Box::new(Full),
            });
        }
        kept.values.insert(key.to_owned(), (value, end));
        kept.by_end.insert((end, key.to_owned()));
        Ok(())
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let now = self.clock.now();
        let kept = self.kept.lock();
        Ok(kept.values.get(key).filter(|(_, end)| now < *end).map(|(value, _)| value.clone()))
    }

    async fn take(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let now = self.clock.now();
        let taken = self.kept.lock().remove(key);
        Ok(taken.filter(|(_, end)| now < *end).map(|(value, _)| value))
    }
}
