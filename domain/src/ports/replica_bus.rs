//! What the replicas of one deployment say to each other.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use uuid::Uuid;

use super::PortError;

/// One running process of the deployment; another start is another replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplicaId(pub Uuid);

impl fmt::Display for ReplicaId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A message, in the order in which one publisher sent them.
    Message(Bytes),
    /// Something may have been said that did not arrive: the subscriber was too slow for its
    /// bounded queue, or the connection was away for a moment. Who keeps a state reads it anew.
    Missed,
}

/// What a subscriber hears, one after the other; dropping it ends the subscription. It ends by
/// itself with the bus.
pub type Subscription = Pin<Box<dyn Stream<Item = Heard> + Send>>;

/// Answers a question; `None` says that there is nothing to say, which the asker need not wait
/// for either. A question that is over is dropped with its future.
pub type AnswerHandler =
    Arc<dyn Fn(Bytes) -> Pin<Box<dyn Future<Output = Option<Bytes>> + Send>> + Send + Sync>;

/// Publishes to, and asks, all live replicas, this one included.
///
/// A replica is live while its heartbeat is fresh. Delivery is at most once: what must not be
/// lost belongs in the event log. Dropping the bus ends its heartbeat and its subscriptions.
#[async_trait]
pub trait ReplicaBus: Send + Sync {
    /// Which replica this is.
    fn replica(&self) -> ReplicaId;

    /// Says something to all who subscribed to the topic, on any replica.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError>;

    /// Listens to a topic: hears everything that is published after this returns, or
    /// [`Heard::Missed`] in its place.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn subscribe(&self, topic: &str) -> Result<Subscription, PortError>;

    /// Asks all live replicas, and answers what they said, in no order. Ends when all have
    /// answered, at the latest after `within`: then with what has been said so far. A replica that
    /// answers nothing to this topic counts as having answered.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn ask(
        &self,
        topic: &str,
        question: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, PortError>;

    /// Answers questions on a topic from now on; a later handler replaces an earlier one.
    fn answer(&self, topic: &str, handler: AnswerHandler);

    /// The replicas whose heartbeat is fresh, in order, this one included.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn live_replicas(&self) -> Result<Vec<ReplicaId>, PortError>;
}
