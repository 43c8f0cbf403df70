//! The connection: it listens, and everything that is said goes out on it. It is made again
//! whenever it breaks; those who listen are told that they may have missed something.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use registry_domain::ports::{Heard, Source};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_postgres::{AsyncMessage, Client};

use super::envelope::{self, Envelope};
use super::frame::Frame;
use super::{QUEUE, Shared, statements};
use crate::connection::{Connector, in_words};

impl Shared {
    /// Lives until it is stopped: connects again and again.
    pub(super) async fn live_until_stopped(self: Arc<Self>, connector: Connector) {
        let (mut is_again, mut backoff) = (false, self.options.min_backoff);
        loop {
            let stood = self.stand(&connector, is_again).await;
            let was_heard = self.link.send_replace(None).is_some();
            let Err(error) = stood else { return };
            if was_heard {
                (is_again, backoff) = (true, self.options.min_backoff);
            }
            let error = in_words(error.as_ref());
            tracing::warn!(place = %self.place, error, "other replicas are not heard");
            metrics::counter!("mcp_registry_bus_reconnects_total").increment(1);
            let pause = tokio::time::sleep(backoff);
            if self.stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
            backoff = backoff.saturating_mul(2).min(self.options.max_backoff);
        }
    }

    /// One connection until it breaks. `Ok` when it was to stop.
    async fn stand(self: &Arc<Self>, connector: &Connector, is_again: bool) -> Result<(), Source> {
        let Some(connected) = self.stop.run_until_cancelled(connector.bare()).await else {
            return Ok(());
        };
        let (client, mut driver) = connected?;
        let client = Arc::new(client);
        let (told, tellings) = broadcast::channel(QUEUE);
        let mut messages = futures_util::stream::poll_fn(move |task| driver.poll_message(task));
        let drive = async {
            while let Some(message) = messages.next().await {
                if let AsyncMessage::Notification(telling) = message? {
                    // Its receiver lives as long as this does.
                    let _: Result<_, _> = told.send(telling);
                }
                // Many may have come at once: who passes them on has to keep up.
                tokio::task::consume_budget().await;
            }
            Err::<(), Source>("the connection was closed".into())
        };
        let work = async {
            self.patiently(statements::listen(&client, self.options.patience)).await?;
            self.beat(&client).await?;
            self.link.send_replace(Some(Arc::clone(&client)));
            if is_again {
                tracing::info!(place = %self.place, "other replicas are heard again");
                self.tell_missed();
            }
            tokio::select! {
                done = self.pass_on(&client, tellings) => done,
                done = self.beat_until_stopped(&client) => done,
            }
        };
        tokio::select! {
            done = drive => done,
            done = work => done,
        }
    }

    /// Waits for the database as long as is reasonable.
    async fn patiently<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Source> {
        Ok(tokio::time::timeout(self.options.patience, asked).await??)
    }

    /// Says that this replica lives: on the connection that listens, so that who hears nothing
    /// is not waited for.
    async fn beat(&self, client: &Client) -> Result<(), Source> {
        self.patiently(statements::beat(client, self.replica, self.options.keep_for)).await
    }

    async fn beat_until_stopped(&self, client: &Client) -> Result<(), Source> {
        let period = self.options.heartbeat.max(Duration::from_millis(1));
        let mut tick = tokio::time::interval(period);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while self.stop.run_until_cancelled(tick.tick()).await.is_some() {
            self.beat(client).await?;
            // Topics that nobody listens to any more.
            self.topics.lock().retain(|_, sender| sender.receiver_count() > 0);
        }
        self.link.send_replace(None);
        if let Err(error) = self.patiently(statements::leave(client, self.replica)).await {
            tracing::debug!(%error, "the others were not told goodbye");
        }
        Ok(())
    }

    /// Passes on what is heard, in its order.
    async fn pass_on(
        self: &Arc<Self>,
        client: &Client,
        mut tellings: broadcast::Receiver<tokio_postgres::Notification>,
    ) -> Result<(), Source> {
        loop {
            let telling = match tellings.recv().await {
                Ok(telling) => telling,
                Err(RecvError::Lagged(count)) => {
                    tracing::warn!(count, "messages of other replicas came too fast");
                    self.tell_missed();
                    continue;
                }
                Err(RecvError::Closed) => return Err("nothing is heard any more".into()),
            };
            let frame = match envelope::read(telling.payload(), self.replica) {
                Some(Envelope::Inside(frame)) => frame,
                Some(Envelope::Kept(id)) => {
                    let fetched = self.patiently(statements::fetch(client, id)).await?;
                    let Some(frame) = fetched else {
                        tracing::warn!(%id, "a message was taken away before it was read");
                        self.tell_missed();
                        continue;
                    };
                    frame
                }
                None => continue,
            };
            match Frame::read(frame) {
                Some(Frame::Message { topic, body }) => {
                    if let Some(sender) = self.topics.lock().get(&topic) {
                        // Nobody may listen any more; the next heartbeat forgets the topic.
                        let _: Result<_, _> = sender.send(Heard::Message(body));
                    }
                }
                Some(Frame::Question(question)) => self.hear_question(question),
                Some(Frame::Answer(answer)) => self.hear_answer(answer),
                None => {}
            }
        }
    }

    fn tell_missed(&self) {
        for sender in self.topics.lock().values() {
            // Nobody may listen right now; then nobody missed anything.
            let _: Result<_, _> = sender.send(Heard::Missed);
        }
    }
}
