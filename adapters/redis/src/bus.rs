//! The port `ReplicaBus`: channels for what is published, asked and answered, and a sorted set of
//! those who live.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_redis::redis::AsyncCommands as _;
use futures_util::stream;
use parking_lot::Mutex;
use registry_domain::ports::{
    AnswerHandler, Heard, PortError, ReplicaBus, ReplicaId, Subscription,
};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::options::BusOptions;
use crate::pool::RedisPool;

mod frame;
mod questions;
mod replicas;

/// One replica's bus on Redis.
pub struct RedisReplicaBus {
    shared: Arc<Shared>,
    _stops_with_us: DropGuard,
}

/// What the tasks of a bus share with it.
struct Shared {
    pool: Arc<RedisPool>,
    replica: ReplicaId,
    options: BusOptions,
    handlers: Mutex<HashMap<String, AnswerHandler>>,
    waiting: questions::Waiting,
    next_question: AtomicU64,
    /// How many questions may be answered at once.
    slots: Arc<Semaphore>,
    live_count: watch::Sender<usize>,
    stop: CancellationToken,
}

impl RedisReplicaBus {
    /// Joins the others: hears them, and is live when this returns.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn open(
        pool: Arc<RedisPool>,
        replica: ReplicaId,
        options: BusOptions,
    ) -> Result<Self, PortError> {
        let stop = pool.stop.child_token();
        let shared = Arc::new(Shared {
            replica,
            options,
            handlers: Mutex::default(),
            waiting: questions::Waiting::default(),
            next_question: AtomicU64::new(0),
            slots: Arc::new(Semaphore::new(options.max_questions.min(Semaphore::MAX_PERMITS))),
            live_count: watch::Sender::new(1),
            stop: stop.clone(),
            pool,
        });
        let Shared { pool, .. } = &*shared;
        // First the ears, then the life: who lives answers.
        let questions = pool.listener.subscribe(shared.question_channel()).await?;
        let answers = pool.listener.subscribe(shared.answer_channel(replica)).await?;
        let hear = Arc::clone(&shared).hear(questions, answers);
        let hear = stop.clone().run_until_cancelled_owned(hear);
        pool.tracker.spawn_on(hear, &pool.handle);
        let bus = Self { shared: Arc::clone(&shared), _stops_with_us: stop.clone().drop_guard() };
        shared.beat().await?;
        let beating = Arc::clone(&shared);
        pool.tracker.spawn_on(async move { beating.live_until_stopped().await }, &pool.handle);
        Ok(bus)
    }

    /// How many replicas live, as the last heartbeat saw it; at least one.
    pub fn live_count(&self) -> watch::Receiver<usize> {
        self.shared.live_count.subscribe()
    }
}

impl Shared {
    fn topic_channel(&self, topic: &str) -> String {
        self.pool.key(&format!("bus:topic:{topic}"))
    }
}

impl fmt::Debug for RedisReplicaBus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisReplicaBus")
            .field("replica", &self.shared.replica)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ReplicaBus for RedisReplicaBus {
    fn replica(&self) -> ReplicaId {
        self.shared.replica
    }

    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError> {
        let channel = self.shared.topic_channel(topic);
        let published = self.shared.pool.run("publish", move |mut link| async move {
            link.publish::<_, _, ()>(channel, message.as_ref()).await
        });
        Ok(published.await?)
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, PortError> {
        let receiver =
            self.shared.pool.listener.subscribe(self.shared.topic_channel(topic)).await?;
        let stop = self.shared.stop.clone();
        Ok(Box::pin(stream::unfold((receiver, stop), |(mut receiver, stop)| async move {
            let heard = match stop.run_until_cancelled(receiver.recv()).await? {
                Ok(heard) => heard,
                Err(RecvError::Lagged(_)) => Heard::Missed,
                Err(RecvError::Closed) => return None,
            };
            Some((heard, (receiver, stop)))
        })))
    }

    async fn ask(
        &self,
        topic: &str,
        question: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, PortError> {
        Ok(self.shared.ask(topic, question, within).await?)
    }

    fn answer(&self, topic: &str, handler: AnswerHandler) {
        self.shared.handlers.lock().insert(topic.to_owned(), handler);
    }

    async fn live_replicas(&self) -> Result<Vec<ReplicaId>, PortError> {
        Ok(self.shared.live_replicas().await?)
    }
}
