//! The connection that listens to what is published. It is made again whenever it breaks; those
//! who listen are told that they may have missed something.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::aio::{PubSubSink, PubSubStream};
use deadpool_redis::redis::{Msg, RedisError};
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use registry_domain::ports::Heard;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::Fault;
use crate::link::PubSubSource;
use crate::options::RedisOptions;

/// How many messages a subscriber may be behind.
const QUEUE: usize = 256;
/// How many may wait at once for their subscription.
const ORDERS: usize = 64;

type Channels = Arc<Mutex<HashMap<String, broadcast::Sender<Heard>>>>;

/// A subscription that somebody waits for.
struct Order {
    channel: String,
    done: oneshot::Sender<()>,
}

/// Gives subscriptions.
pub(crate) struct Listener {
    channels: Channels,
    orders: mpsc::Sender<Order>,
    hears: watch::Receiver<bool>,
    patience: Duration,
    place: Arc<str>,
}

impl Listener {
    /// Begins to listen, in a task that ends with `stop`.
    pub(crate) fn start(
        source: PubSubSource,
        options: &RedisOptions,
        place: Arc<str>,
        (handle, tracker): (&Handle, &TaskTracker),
        stop: CancellationToken,
    ) -> Self {
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (is_heard, hears) = watch::channel(false);
        let channels = Channels::default();
        let ear = Ear {
            source,
            channels: Arc::clone(&channels),
            orders: ordered,
            hears: is_heard,
            options: options.clone(),
            place: Arc::clone(&place),
        };
        tracker.spawn_on(async move { stop.run_until_cancelled_owned(ear.listen()).await }, handle);
        Self { channels, orders, hears, patience: options.command_timeout, place }
    }

    /// Whether the connection stands.
    pub(crate) fn hears(&self) -> bool {
        *self.hears.borrow()
    }

    pub(crate) fn deaf(&self) -> Fault {
        Fault::Deaf { place: Arc::clone(&self.place) }
    }

    /// Listens to a channel: hears all that is published after this returns.
    pub(crate) async fn subscribe(
        &self,
        channel: String,
    ) -> Result<broadcast::Receiver<Heard>, Fault> {
        let receiver = {
            let mut channels = self.channels.lock();
            let sender =
                channels.entry(channel.clone()).or_insert_with(|| broadcast::Sender::new(QUEUE));
            sender.subscribe()
        };
        // Also for a channel that others listen to: their subscription may not stand yet.
        let (done, subscribed) = oneshot::channel();
        let ordered = async {
            self.orders.send(Order { channel, done }).await.ok()?;
            subscribed.await.ok()
        };
        match tokio::time::timeout(self.patience, ordered).await {
            Ok(Some(())) => Ok(receiver),
            Ok(None) | Err(_) => Err(self.deaf()),
        }
    }
}

/// The task's side.
struct Ear {
    source: PubSubSource,
    channels: Channels,
    orders: mpsc::Receiver<Order>,
    hears: watch::Sender<bool>,
    options: RedisOptions,
    place: Arc<str>,
}

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the connection ended")]
    Ended,
    #[error("no answer came in time")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error(transparent)]
    Failed(#[from] RedisError),
}

impl Ear {
    async fn listen(mut self) {
        let (mut attempt, mut backoff) = (0_usize, self.options.min_backoff);
        loop {
            let connecting = self.source.connect(attempt);
            let connected = tokio::time::timeout(self.options.connect_timeout, connecting).await;
            let broken = match connected.map_err(Broken::from) {
                Ok(Ok(connection)) => {
                    let (sink, stream) = connection.split();
                    let Err(broken) = self.hear(sink, stream, attempt > 0).await else { return };
                    // Stood for a while: the next one is made soon.
                    if self.hears.send_replace(false) {
                        backoff = self.options.min_backoff;
                    }
                    broken
                }
                Ok(Err(error)) => Broken::from(error),
                Err(late) => late,
            };
            tracing::warn!(place = %self.place, error = %broken, "redis is not heard");
            metrics::counter!("mcp_registry_redis_reconnects_total").increment(1);
            tokio::time::sleep(backoff).await;
            backoff = backoff.saturating_mul(2).min(self.options.max_backoff);
            attempt = attempt.wrapping_add(1);
        }
    }

    /// Passes on what is heard until the connection breaks. `Ok` when nobody can order any more.
    async fn hear(
        &mut self,
        mut sink: PubSubSink,
        mut stream: PubSubStream,
        is_again: bool,
    ) -> Result<(), Broken> {
        let patience = self.options.command_timeout;
        let known: Vec<String> = self.channels.lock().keys().cloned().collect();
        if !known.is_empty() {
            tokio::time::timeout(patience, sink.subscribe(known)).await??;
        }
        self.hears.send_replace(true);
        if is_again {
            tracing::info!(place = %self.place, "redis is heard again");
            for sender in self.channels.lock().values() {
                // Nobody may listen right now; then nobody missed anything.
                let _: Result<_, _> = sender.send(Heard::Missed);
            }
        }
        let mut tick = tokio::time::interval(self.options.ping_interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => self.pass_on(&message.ok_or(Broken::Ended)?),
                order = self.orders.recv() => {
                    let Some(Order { channel, done }) = order else { return Ok(()) };
                    tokio::time::timeout(patience, sink.subscribe(channel)).await??;
                    // Who ordered may have given up.
                    let _: Result<(), ()> = done.send(());
                }
                _ = tick.tick() => {
                    tokio::time::timeout(patience, sink.ping::<()>()).await??;
                    let left = self.drop_unheard();
                    if !left.is_empty() {
                        tokio::time::timeout(patience, sink.unsubscribe(left)).await??;
                    }
                }
            }
        }
    }

    fn pass_on(&self, message: &Msg) {
        if let Some(sender) = self.channels.lock().get(message.get_channel_name()) {
            let heard = Heard::Message(Bytes::copy_from_slice(message.get_payload_bytes()));
            // Nobody may listen any more; the next tick leaves the channel.
            let _: Result<_, _> = sender.send(heard);
        }
    }

    /// Forgets the channels that nobody listens to, and says which.
    fn drop_unheard(&self) -> Vec<String> {
        self.channels
            .lock()
            .extract_if(|_, sender| sender.receiver_count() == 0)
            .map(|(channel, _)| channel)
            .collect()
    }
}
