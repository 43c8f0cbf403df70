//! The event log as live clients follow it: what is new goes to the hub, what was missed is read
//! again.
//!
//! The newest events are kept in [`LiveEvents`], so that clients who come back do not all ask the
//! store. It may know less than the log, never more than happened: where it has nothing the log is
//! asked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::ports::{EventLog, LiveEvents, PortError, Replay};
use tokio::time::timeout;

use crate::frame::Frame;
use crate::hub::Hub;
use crate::snapshot::ServersNow;
use crate::source::frames_of;

/// Events that are read at a time.
const BATCH: u32 = 200;

/// Events that the hub is given at a time: far fewer than a client's queue holds, so that a burst
/// does not look like a slow client.
const GIVEN: u32 = 50;

/// The most events that a client is told again; who missed more reads the registry anew.
const MOST_MISSED: i64 = 10_000;

/// How long what keeps the newest events may hold up the feed: the log has them all the same.
const KEPT_WITHIN: Duration = Duration::from_millis(500);

/// Opens what keeps the newest events of the log that has this name.
pub type OpenRecent = Box<
    dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Arc<dyn LiveEvents>, PortError>> + Send>>
        + Send
        + Sync,
>;

/// The event log and its newest part.
pub struct LiveLog {
    events: Arc<dyn EventLog>,
    servers: Arc<dyn ServersNow>,
    open: OpenRecent,
    recent: OnceLock<Arc<dyn LiveEvents>>,
}

/// How a client goes on that saw everything up to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resume {
    /// What it missed is told again, and then what is new.
    From(EventSeq),
    /// What it missed cannot be told: it has to read the registry anew.
    Anew,
}

impl LiveLog {
    /// Over an event log. What keeps its newest events is opened with the first event: until then
    /// the log has no name.
    pub fn new(events: Arc<dyn EventLog>, servers: Arc<dyn ServersNow>, open: OpenRecent) -> Self {
        Self { events, servers, open, recent: OnceLock::new() }
    }

    /// Returns once there may be an event that the hub was not given.
    pub async fn wait(&self, hub: &Hub) {
        self.events.wait(hub.position()).await;
    }

    /// Gives the hub what is new; answers how many events that were.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; nothing is lost by it.
    pub async fn pump(&self, hub: &Hub) -> Result<usize, PortError> {
        let mut told = 0;
        loop {
            let events = self.next_after(hub.position(), hub).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(told) };
            told += events.len();
            events.iter().flat_map(|event| self.frames(event)).for_each(|frame| hub.publish(frame));
            hub.advance(last);
            self.keep(&events).await;
        }
    }

    /// An event as it is told.
    pub(crate) fn frames(&self, event: &SequencedEvent) -> Vec<Frame> {
        let name = event.event.server.and_then(|id| self.servers.name_of(id));
        frames_of(event, name.as_deref())
    }

    /// The next events. One that does not read, as a newer program may have written it, is told
    /// nothing of, and holds up nothing that came later.
    async fn next_after(
        &self,
        position: EventSeq,
        hub: &Hub,
    ) -> Result<Vec<SequencedEvent>, PortError> {
        match self.events.after(position, GIVEN).await {
            Err(PortError::Corrupt { .. }) => {}
            read => return read,
        }
        let mut position = position;
        loop {
            match self.events.after(position, 1).await {
                Err(error @ PortError::Corrupt { .. }) => {
                    position = EventSeq(position.0.saturating_add(1));
                    tracing::error!(%error, seq = position.0, "an event cannot be told");
                    hub.advance(position);
                }
                read => return read,
            }
        }
    }

    /// Keeps events where replicas share them. Who cannot is none the worse: the log has them.
    async fn keep(&self, events: &[SequencedEvent]) {
        let kept = timeout(KEPT_WITHIN, async {
            let recent = if let Some(recent) = self.recent.get() {
                recent
            } else {
                let opened = (self.open)(self.name().await?).await?;
                self.recent.get_or_init(|| opened)
            };
            recent.append(events).await
        });
        match kept.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the newest events cannot be kept"),
            Err(_) => tracing::debug!("the newest events cannot be kept in time"),
        }
    }

    /// The log's name: the id of its first event. A replaced database has another.
    async fn name(&self) -> Result<String, PortError> {
        let first = self.events.after(EventSeq::default(), 1).await?;
        Ok(first.first().map_or_else(String::new, |first| first.event.id.0.to_string()))
    }

    /// How a client goes on that saw everything up to `seen` and joined the hub at `joined`.
    pub(crate) async fn resume(&self, seen: EventSeq, joined: EventSeq) -> Resume {
        if seen.0 < 0 || joined.0.saturating_sub(seen.0) > MOST_MISSED {
            return Resume::Anew;
        }
        if seen <= joined {
            return Resume::From(seen);
        }
        // It saw more on another replica than this one has yet; or a log that is no more.
        match self.events.latest().await {
            Ok(latest) if seen <= latest => Resume::From(seen),
            _ => Resume::Anew,
        }
    }

    /// The next events after a position, none that came after `until`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    pub(crate) async fn missed(
        &self,
        after: EventSeq,
        until: EventSeq,
    ) -> Result<Vec<SequencedEvent>, PortError> {
        let mut events = match self.recent.get() {
            Some(recent) => match timeout(KEPT_WITHIN, recent.after(after, BATCH)).await {
                Ok(Ok(Replay::Events(events))) => events,
                Ok(Ok(Replay::Gap { .. }) | Err(_)) | Err(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        if events.is_empty() {
            events = self.events.after(after, BATCH).await?;
        }
        events.retain(|event| event.seq <= until);
        Ok(events)
    }
}

impl fmt::Debug for LiveLog {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LiveLog").finish_non_exhaustive()
    }
}
