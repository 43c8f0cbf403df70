//! The port `LiveEvents` in this process's memory: a ring of the newest events.

use std::collections::VecDeque;
use std::fmt;

use async_trait::async_trait;
use parking_lot::Mutex;
use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::ports::{LiveEvents, PortError, Replay};
use tokio::sync::watch;

/// The newest events, a bounded number of them. Each process keeps its own: it follows the event
/// log itself, so that nothing is lost between two processes on one file.
pub struct EmbeddedLiveEvents {
    max_events: usize,
    ring: Mutex<VecDeque<SequencedEvent>>,
    newest: watch::Sender<EventSeq>,
}

impl EmbeddedLiveEvents {
    /// Keeps at most `max_events` events, at least one.
    pub fn new(max_events: usize) -> Self {
        let newest = watch::Sender::new(EventSeq::default());
        Self { max_events: max_events.max(1), ring: Mutex::default(), newest }
    }
}

impl fmt::Debug for EmbeddedLiveEvents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedLiveEvents")
            .field("max_events", &self.max_events)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LiveEvents for EmbeddedLiveEvents {
    async fn append(&self, events: &[SequencedEvent]) -> Result<(), PortError> {
        let newest = {
            let mut ring = self.ring.lock();
            for event in events {
                match ring.back().map(|newest| newest.seq) {
                    Some(newest) if event.seq <= newest => continue,
                    // A hole: what is kept must have none.
                    Some(newest) if event.seq.0 != newest.0.saturating_add(1) => ring.clear(),
                    _ => {}
                }
                if ring.len() >= self.max_events {
                    ring.pop_front();
                }
                ring.push_back(event.clone());
            }
            ring.back().map(|event| event.seq)
        };
        self.newest.send_if_modified(|known| {
            let grown = newest.is_some_and(|newest| newest > *known);
            *known = newest.unwrap_or_default().max(*known);
            grown
        });
        Ok(())
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Replay, PortError> {
        let ring = self.ring.lock();
        let Some(oldest) = ring.front().map(|event| event.seq) else {
            return Ok(Replay::Events(Vec::new()));
        };
        if oldest.0 > seq.0.saturating_add(1) {
            return Ok(Replay::Gap { oldest });
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Replay::Events(
            ring.iter().skip_while(|event| event.seq <= seq).take(limit).cloned().collect(),
        ))
    }

    async fn wait(&self, seq: EventSeq) {
        // An error would mean that the sender is gone, and it is ours.
        let _: Result<_, watch::error::RecvError> =
            self.newest.subscribe().wait_for(|newest| *newest > seq).await.map(|_| ());
    }
}
