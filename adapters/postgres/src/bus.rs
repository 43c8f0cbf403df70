//! The port `ReplicaBus` by NOTIFY, for replicas without a Redis: rows for those who live, one
//! connection for all that is heard and said, and rows for what is too large for a notification.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use parking_lot::Mutex;
use registry_domain::ports::{
    AnswerHandler, Heard, PortError, ReplicaBus, ReplicaId, Subscription,
};
use tokio::runtime::Handle;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::{Semaphore, watch};
use tokio_postgres::Client;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::connection::Connector;
use crate::open_error::OpenError;
use crate::options::PgOptions;
use crate::read::measure;

mod ear;
mod envelope;
mod fault;
mod frame;
mod options;
mod questions;
mod statements;

use fault::Fault;
use frame::Frame;
pub use options::PgBusOptions;

/// How many messages a subscriber may be behind.
const QUEUE: usize = 256;
/// How many statements may be under way at once; more wait.
const STATEMENTS: usize = 64;

/// One replica's bus on PostgreSQL.
pub struct PgReplicaBus {
    shared: Arc<Shared>,
    _stops_with_us: DropGuard,
}

/// What the tasks of a bus share with it.
struct Shared {
    replica: ReplicaId,
    options: PgBusOptions,
    place: Arc<str>,
    /// The connection, while it stands.
    link: watch::Sender<Option<Arc<Client>>>,
    topics: Mutex<HashMap<String, broadcast::Sender<Heard>>>,
    handlers: Mutex<HashMap<String, AnswerHandler>>,
    waiting: questions::Waiting,
    next_question: AtomicU64,
    /// How many questions may be answered at once.
    question_slots: Arc<Semaphore>,
    statement_slots: Semaphore,
    handle: Handle,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl PgReplicaBus {
    /// Joins the others in a database whose schema is up to date: hears them, and is live when
    /// this returns. A database that does not answer is tried again for a while.
    ///
    /// Everything runs on `handle`, whoever calls; `tracker` counts what runs there. Cancel `stop`
    /// (or drop the bus) before waiting for the tracker.
    ///
    /// # Errors
    /// [`OpenError`]: which database, and what is the matter with it.
    pub async fn open(
        database: &PgOptions,
        replica: ReplicaId,
        options: PgBusOptions,
        (handle, tracker): (Handle, TaskTracker),
        stop: &CancellationToken,
    ) -> Result<Self, OpenError> {
        let connector = Connector::new(database)?.named("bus");
        let stop = stop.child_token();
        let shared = Arc::new(Shared {
            replica,
            options,
            place: database.address.to_string().into(),
            link: watch::Sender::new(None),
            topics: Mutex::default(),
            handlers: Mutex::default(),
            waiting: questions::Waiting::default(),
            next_question: AtomicU64::new(0),
            question_slots: Arc::new(Semaphore::new(
                options.max_questions.min(Semaphore::MAX_PERMITS),
            )),
            statement_slots: Semaphore::new(STATEMENTS),
            handle,
            tracker,
            stop: stop.clone(),
        });
        let bus = Self { shared: Arc::clone(&shared), _stops_with_us: stop.drop_guard() };
        let mut link = shared.link.subscribe();
        let living = Arc::clone(&shared).live_until_stopped(connector);
        shared.tracker.spawn_on(living, &shared.handle);
        let patience = database.connect_timeout.saturating_add(options.patience);
        let joined = tokio::time::timeout(patience, link.wait_for(Option::is_some)).await;
        match joined {
            Ok(Ok(_)) => Ok(bus),
            _ => Err(OpenError::Unreachable {
                database: shared.place.to_string(),
                source: Box::new(shared.deaf()),
            }),
        }
    }
}

impl Shared {
    fn deaf(&self) -> Fault {
        Fault::Deaf { place: Arc::clone(&self.place) }
    }

    fn late(&self) -> Fault {
        Fault::Late { place: Arc::clone(&self.place) }
    }

    /// Runs a statement in a task of its own: what was begun is finished, also when the caller is
    /// dropped.
    async fn run<T, W>(
        self: &Arc<Self>,
        name: &'static str,
        work: impl FnOnce(Arc<Self>, Arc<Client>) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, tokio_postgres::Error>> + Send,
    {
        let client = self.link.borrow().clone().ok_or_else(|| self.deaf())?;
        let shared = Arc::clone(self);
        let task = self.tracker.spawn_on(
            async move {
                let started = Instant::now();
                let worked = async {
                    let _slot = shared.statement_slots.acquire().await;
                    work(Arc::clone(&shared), client).await
                };
                let done = tokio::time::timeout(shared.options.patience, worked).await;
                measure(name, started);
                let place = || Arc::clone(&shared.place);
                done.map_err(|_| shared.late())?
                    .map_err(|source| Fault::Statement { place: place(), source })
            },
            &self.handle,
        );
        let place = || Arc::clone(&self.place);
        task.await.map_err(|source| Fault::CutOff { place: place(), source }).flatten()
    }

    /// Says something to one replica, or to all.
    async fn say(
        self: &Arc<Self>,
        name: &'static str,
        to: Option<ReplicaId>,
        frame: Frame,
    ) -> Result<(), Fault> {
        self.run(name, move |shared, client| async move {
            statements::say(&client, shared.replica, to, &frame).await
        })
        .await
    }

    /// Who lives, in order, this replica included.
    async fn live_replicas(self: &Arc<Self>) -> Result<Vec<ReplicaId>, Fault> {
        let asked = self.run("list_replicas", |shared, client| async move {
            statements::live(&client, shared.options.live_for).await
        });
        let mut live = asked.await?;
        live.push(self.replica);
        live.sort_unstable();
        live.dedup();
        Ok(live)
    }
}

impl fmt::Debug for PgReplicaBus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PgReplicaBus")
            .field("replica", &self.shared.replica)
            .field("place", &self.shared.place)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ReplicaBus for PgReplicaBus {
    fn replica(&self) -> ReplicaId {
        self.shared.replica
    }

    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError> {
        let frame = Frame::Message { topic: topic.to_owned(), body: message };
        Ok(self.shared.say("publish", None, frame).await?)
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, PortError> {
        let receiver = {
            let mut topics = self.shared.topics.lock();
            let sender =
                topics.entry(topic.to_owned()).or_insert_with(|| broadcast::Sender::new(QUEUE));
            sender.subscribe()
        };
        // A connection that breaks after this look tells the receiver, which is there already.
        if self.shared.link.borrow().is_none() {
            return Err(self.shared.deaf().into());
        }
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
