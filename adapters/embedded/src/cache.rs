//! The port `ResponseCache` in this process's memory.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::ports::{Clock, PortError, ResponseCache, end_after};

/// Answers in memory, a bounded number of them and each of bounded size. A full cache forgets what
/// would have ended first.
pub struct EmbeddedResponseCache {
    max_values: usize,
    max_bytes: usize,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    values: HashMap<String, (Bytes, Timestamp)>,
    /// The same keys by when they end.
    by_end: BTreeSet<(Timestamp, String)>,
}

impl EmbeddedResponseCache {
    /// An empty cache for at most `max_values` values of at most `max_bytes` bytes each.
    pub fn new(max_values: usize, max_bytes: usize, clock: Arc<dyn Clock>) -> Self {
        Self { max_values: max_values.max(1), max_bytes, clock, kept: Mutex::default() }
    }
}

impl fmt::Debug for EmbeddedResponseCache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedResponseCache")
            .field("max_values", &self.max_values)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

impl Kept {
    fn remove(&mut self, key: &str) {
        if let Some((_, end)) = self.values.remove(key) {
            self.by_end.remove(&(end, key.to_owned()));
        }
    }

    fn make_room(&mut self, max_values: usize) {
        while self.values.len() >= max_values {
            let Some((_, first)) = self.by_end.pop_first() else { return };
            self.values.remove(&first);
        }
    }
}

#[async_trait]
impl ResponseCache for EmbeddedResponseCache {
    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        let end = end_after(self.clock.now(), ttl);
        let mut kept = self.kept.lock();
        kept.remove(key);
        if value.len() <= self.max_bytes {
            kept.make_room(self.max_values);
            kept.values.insert(key.to_owned(), (value, end));
            kept.by_end.insert((end, key.to_owned()));
        }
        Ok(())
    }

    async fn find(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let now = self.clock.now();
        let kept = self.kept.lock();
        Ok(kept.values.get(key).filter(|(_, end)| now < *end).map(|(value, _)| value.clone()))
    }

    async fn forget(&self, key: &str) -> Result<(), PortError> {
        self.kept.lock().remove(key);
        Ok(())
    }
}
