//! The newest registry events, for those who follow them live.

use async_trait::async_trait;

use super::PortError;
use crate::event::{EventSeq, SequencedEvent};

/// What there is after a position.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// The events that follow the position, in order and without gaps; none if nothing happened.
    Events(Vec<SequencedEvent>),
    /// What follows the position is no longer kept here: read the event log up to `oldest`.
    Gap {
        /// The oldest event that is still kept.
        oldest: EventSeq,
    },
}

/// Keeps the newest events, a bounded number of them, so that many followers need not ask the
/// store. The [`EventLog`](super::EventLog) remains the truth.
///
/// What is kept has no gaps: whoever appends out of order makes the older part go away.
#[async_trait]
pub trait LiveEvents: Send + Sync {
    /// Appends events in the order of their positions. What is kept already is not appended twice,
    /// so that each replica that follows the log may append what it sees.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn append(&self, events: &[SequencedEvent]) -> Result<(), PortError>;

    /// At most `limit` events after a position.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Replay, PortError>;

    /// Returns once there may be an event after `seq`. May return early; never misses an event for
    /// longer than its fallback poll.
    async fn wait(&self, seq: EventSeq);
}
