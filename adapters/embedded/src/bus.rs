//! The port `ReplicaBus` in this process's memory.
//!
//! Several buses of one process meet at a [`BusHub`]. Two processes on one file do not hear each
//! other here: they meet at the event log, and a deployment of several replicas has a Redis or a
//! PostgreSQL to meet at.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered, StreamExt as _};
use parking_lot::Mutex;
use registry_domain::ports::{
    AnswerHandler, Heard, PortError, ReplicaBus, ReplicaId, Subscription,
};
use tokio::sync::broadcast::{self, error::RecvError};

/// How many messages a subscriber may be behind.
const QUEUE: usize = 256;

type Handlers = Mutex<HashMap<String, AnswerHandler>>;

/// Where the buses of one process meet.
#[derive(Default)]
pub struct BusHub {
    topics: Mutex<HashMap<String, broadcast::Sender<Bytes>>>,
    replicas: Mutex<BTreeMap<ReplicaId, Arc<Handlers>>>,
}

impl fmt::Debug for BusHub {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("BusHub").finish_non_exhaustive()
    }
}

/// One replica's bus. A dropped bus is not live any more; there are no heartbeats to wait for.
pub struct EmbeddedReplicaBus {
    replica: ReplicaId,
    handlers: Arc<Handlers>,
    hub: Arc<BusHub>,
}

impl EmbeddedReplicaBus {
    /// Joins the others at the hub, live at once.
    pub fn join(hub: Arc<BusHub>, replica: ReplicaId) -> Self {
        let handlers = Arc::<Handlers>::default();
        hub.replicas.lock().insert(replica, Arc::clone(&handlers));
        Self { replica, handlers, hub }
    }
}

impl Drop for EmbeddedReplicaBus {
    fn drop(&mut self) {
        self.hub.replicas.lock().remove(&self.replica);
    }
}

impl fmt::Debug for EmbeddedReplicaBus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedReplicaBus")
            .field("replica", &self.replica)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ReplicaBus for EmbeddedReplicaBus {
    fn replica(&self) -> ReplicaId {
        self.replica
    }

    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError> {
        let mut topics = self.hub.topics.lock();
        if let Some(sender) = topics.get(topic)
            && sender.send(message).is_err()
        {
            // Nobody listens any more.
            topics.remove(topic);
        }
        Ok(())
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, PortError> {
        let receiver = {
            let mut topics = self.hub.topics.lock();
            let sender =
                topics.entry(topic.to_owned()).or_insert_with(|| broadcast::Sender::new(QUEUE));
            sender.subscribe()
        };
        Ok(Box::pin(stream::unfold(receiver, |mut receiver| async move {
            match receiver.recv().await {
                Ok(message) => Some((Heard::Message(message), receiver)),
                Err(RecvError::Lagged(_)) => Some((Heard::Missed, receiver)),
                Err(RecvError::Closed) => None,
            }
        })))
    }

    async fn ask(
        &self,
        topic: &str,
        question: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, PortError> {
        let handlers: Vec<AnswerHandler> = {
            let replicas = self.hub.replicas.lock();
            replicas.values().filter_map(|handlers| handlers.lock().get(topic).cloned()).collect()
        };
        let mut asked: FuturesUnordered<_> =
            handlers.iter().map(|handler| handler(question.clone())).collect();
        let mut answers = Vec::new();
        // Late or complete: what has been said is the answer.
        let _: Result<(), tokio::time::error::Elapsed> = tokio::time::timeout(within, async {
            while let Some(answer) = asked.next().await {
                answers.extend(answer);
            }
        })
        .await;
        Ok(answers)
    }

    fn answer(&self, topic: &str, handler: AnswerHandler) {
        self.handlers.lock().insert(topic.to_owned(), handler);
    }

    async fn live_replicas(&self) -> Result<Vec<ReplicaId>, PortError> {
        Ok(self.hub.replicas.lock().keys().copied().collect())
    }
}
