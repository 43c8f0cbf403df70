//! The port `LiveEvents`: a stream with the newest events, and a channel that tells of news.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::ports::{Heard, LiveEvents, PortError, Replay, Source};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio_util::sync::DropGuard;

use crate::error::Fault;
use crate::pool::RedisPool;

mod entry;
mod scripts;

/// The newest events on Redis, a bounded number of them, shared by all replicas.
pub struct RedisLiveEvents {
    pool: Arc<RedisPool>,
    stream: String,
    channel: String,
    max_events: usize,
    news: watch::Receiver<News>,
    _stops_with_us: DropGuard,
}

/// What is known without asking.
#[derive(Clone, Copy, Default)]
struct News {
    newest: EventSeq,
    /// How often nobody could be asked: a waiter returns then, and learns it by reading.
    failures: u64,
}

/// Keeps the news up to date.
struct Follower {
    pool: Arc<RedisPool>,
    stream: String,
    heard: broadcast::Receiver<Heard>,
    poll_interval: Duration,
    news: watch::Sender<News>,
}

impl RedisLiveEvents {
    /// Begins to listen for news. `log` names the event log that the positions are of: a replaced
    /// database begins anew, with a stream of its own. `poll_interval` is how long a lost message
    /// can delay a waiter.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn open(
        pool: Arc<RedisPool>,
        log: &str,
        max_events: usize,
        poll_interval: Duration,
    ) -> Result<Self, PortError> {
        let stream = pool.key(&format!("events:{log}"));
        let channel = pool.key(&format!("news:{log}"));
        let heard = pool.listener.subscribe(channel.clone()).await?;
        let (known, news) = watch::channel(News::default());
        let follower = Follower {
            pool: Arc::clone(&pool),
            stream: stream.clone(),
            heard,
            poll_interval,
            news: known,
        };
        let stop = pool.stop.child_token();
        let follow = stop.clone().run_until_cancelled_owned(follower.follow());
        pool.tracker.spawn_on(follow, &pool.handle);
        let max_events = max_events.max(1);
        Ok(Self { pool, stream, channel, max_events, news, _stops_with_us: stop.drop_guard() })
    }

    fn unreadable(&self, seq: &str, source: Source) -> Fault {
        Fault::Unreadable { what: format!("entry {seq} of {}", self.stream), source }
    }

    fn seq(&self, text: &str) -> Result<EventSeq, Fault> {
        text.parse().map(EventSeq).map_err(|error| {
            let error: std::num::ParseIntError = error;
            self.unreadable(text, error.into())
        })
    }
}

impl fmt::Debug for RedisLiveEvents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisLiveEvents")
            .field("stream", &self.stream)
            .field("max_events", &self.max_events)
            .finish_non_exhaustive()
    }
}

impl Follower {
    async fn follow(mut self) {
        let mut tick = tokio::time::interval(self.poll_interval);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let told = tokio::select! {
                heard = self.heard.recv() => heard,
                _ = tick.tick() => Ok(Heard::Missed),
            };
            match told {
                Ok(Heard::Message(newest)) => {
                    let newest = std::str::from_utf8(&newest).ok().and_then(|it| it.parse().ok());
                    self.learn(newest.unwrap_or_default());
                }
                Ok(Heard::Missed) | Err(RecvError::Lagged(_)) => self.look().await,
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn learn(&self, newest: i64) {
        self.news.send_if_modified(|news| {
            let grown = newest > news.newest.0;
            news.newest.0 = newest.max(news.newest.0);
            grown
        });
    }

    async fn look(&self) {
        let stream = self.stream.clone();
        let newest = self.pool.run("newest_live_event", |mut link| async move {
            scripts::NEWEST.key(stream).invoke_async::<i64>(&mut link).await
        });
        match newest.await {
            Ok(newest) => self.learn(newest),
            Err(error) => {
                tracing::debug!(%error, "the newest live event is not known");
                self.news.send_modify(|news| news.failures = news.failures.wrapping_add(1));
            }
        }
    }
}

#[async_trait]
impl LiveEvents for RedisLiveEvents {
    async fn append(&self, events: &[SequencedEvent]) -> Result<(), PortError> {
        if events.is_empty() {
            return Ok(());
        }
        let entries: Vec<(i64, String)> = events
            .iter()
            .map(|SequencedEvent { seq, event }| {
                entry::write(event)
                    .map(|entry| (seq.0, entry))
                    .map_err(|error| self.unreadable(&seq.0.to_string(), error.into()))
            })
            .collect::<Result<_, _>>()?;
        let (stream, channel, max_events) =
            (self.stream.clone(), self.channel.clone(), self.max_events);
        let appended = self.pool.run("append_live_events", move |mut link| async move {
            let mut call = scripts::APPEND.key(stream);
            call.arg(channel).arg(max_events);
            for (seq, entry) in entries {
                call.arg(seq).arg(entry);
            }
            call.invoke_async::<()>(&mut link).await
        });
        Ok(appended.await?)
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Replay, PortError> {
        let (stream, first) = (self.stream.clone(), seq.0.saturating_add(1));
        let told = self.pool.run("replay_live_events", move |mut link| async move {
            let mut call = scripts::REPLAY.key(stream);
            call.arg(first).arg(limit);
            call.invoke_async::<(String, Vec<String>)>(&mut link).await
        });
        let (oldest, entries) = told.await?;
        let oldest = self.seq(&oldest)?;
        if oldest.0 > first {
            return Ok(Replay::Gap { oldest });
        }
        let mut events = Vec::with_capacity(entries.len() / 2);
        let mut entries = entries.iter();
        while let (Some(seq), Some(entry)) = (entries.next(), entries.next()) {
            let event = entry::read(self.seq(seq)?, entry);
            events.push(event.map_err(|source| self.unreadable(seq, source))?);
        }
        Ok(Replay::Events(events))
    }

    async fn wait(&self, seq: EventSeq) {
        let mut news = self.news.clone();
        let failures = news.borrow_and_update().failures;
        // An error means that the follower has stopped: there will be no news.
        let _: Result<_, watch::error::RecvError> =
            news.wait_for(|news| news.newest > seq || news.failures != failures).await.map(|_| ());
    }
}
