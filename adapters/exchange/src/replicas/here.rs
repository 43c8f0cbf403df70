//! A message that another replica handed to this one: it is worked on, and its answer is said part
//! by part, no faster than it is read.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use mcp_wire::WireError;
use registry_domain::ports::{PortError, ReplicaId};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;

use super::handed::{Handed, Via};
use super::words::{Kind, Word};
use super::{BEAT, LONGEST_PART, Reader, Replicas, WINDOW};
use crate::answer::{Answer, AnswerBody, AnswerStream, ContentType};
use crate::exchange::Exchange;
use crate::inbound::Inbound;
use crate::{call, pipes};

/// Why nothing more is said.
enum Ended {
    /// Who reads is gone.
    Alone,
    /// What came of the message broke off.
    Broke,
    /// Nothing can be said.
    Silent(PortError),
}

impl From<PortError> for Ended {
    fn from(error: PortError) -> Self {
        Self::Silent(error)
    }
}

/// Begins with a message.
pub(super) fn begin(replicas: &Arc<Replicas>, exchange: &Exchange, handed: Handed, body: Bytes) {
    let (from, call, via) = (ReplicaId(handed.from), handed.call, handed.via.clone());
    let inbound = handed.inbound(body);
    let told = Telling::of(replicas, from, call);
    let exchange = exchange.clone();
    Handle::current().spawn(async move {
        let permit = Arc::clone(&told.replicas.places).try_acquire_owned();
        let answering = async {
            if permit.is_err() {
                let words =
                    "as many messages of other replicas are worked on as may be; try again later";
                return Answer::refused(&WireError::unavailable(words), "null");
            }
            answer(&exchange, via, inbound).await
        };
        told.all_of(answering).await;
    });
}

async fn answer(exchange: &Exchange, via: Via, inbound: Inbound) -> Answer {
    match via {
        Via::Call => Box::pin(call::call(exchange, inbound)).await,
        Via::Stream(id) => pipes::take(exchange, Some(&id), inbound).await,
    }
}

/// Waits until nobody reads any more.
async fn gone(reader: &mut watch::Receiver<Reader>) {
    let _: Result<(), _> = reader.wait_for(|reader| reader.is_gone).await.map(drop);
}

/// Tells another replica an answer.
pub(super) struct Telling {
    replicas: Arc<Replicas>,
    from: ReplicaId,
    call: Uuid,
    /// How many parts were said.
    said: u32,
    reader: watch::Receiver<Reader>,
    beat: Interval,
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.replicas.reading.lock().remove(&self.call);
    }
}

impl Telling {
    pub(super) fn of(replicas: &Arc<Replicas>, from: ReplicaId, call: Uuid) -> Self {
        let (noted, reader) = watch::channel(Reader::default());
        replicas.reading.lock().insert(call, noted);
        let mut beat = interval_at(Instant::now() + BEAT, BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { replicas: Arc::clone(replicas), from, call, said: 0, reader, beat }
    }

    pub(super) async fn all_of(mut self, answering: impl Future<Output = Answer>) {
        match self.tell_all(answering).await {
            Ok(()) => {}
            Err(Ended::Alone) => tracing::debug!("who handed a message over is gone"),
            Err(Ended::Broke) => {
                let word = Word::Broke { call: self.call };
                if let Err(error) = self.replicas.tell(self.from, &word, &[]).await {
                    tracing::warn!(%error, "another replica cannot be told that an answer broke off");
                }
            }
            Err(Ended::Silent(error)) => {
                tracing::warn!(%error, "another replica cannot be told what came of its message");
            }
        }
    }

    async fn tell_all(&mut self, answering: impl Future<Output = Answer>) -> Result<(), Ended> {
        let answer = self.meanwhile(answering).await?;
        let retry_after = answer.retry_after.map(|after| after.as_millis());
        let kind = match answer.content_type {
            ContentType::Json => Kind::Json,
            ContentType::EventStream => Kind::EventStream,
            ContentType::None => Kind::None,
        };
        let head = |is_whole| Word::Head {
            call: self.call,
            status: answer.status,
            kind,
            retry_after_ms: retry_after.and_then(|ms| u64::try_from(ms).ok()),
            is_whole,
        };
        match answer.body {
            AnswerBody::Whole(bytes) if bytes.len() <= LONGEST_PART => {
                Ok(self.replicas.tell(self.from, &head(true), &bytes).await?)
            }
            AnswerBody::Whole(bytes) => {
                self.replicas.tell(self.from, &head(false), &[]).await?;
                self.part(bytes).await?;
                self.end().await
            }
            AnswerBody::Parts(parts) => {
                self.replicas.tell(self.from, &head(false), &[]).await?;
                self.parts(parts).await?;
                self.end().await
            }
        }
    }

    async fn parts(&mut self, mut parts: AnswerStream) -> Result<(), Ended> {
        while let Some(part) = self.meanwhile(parts.next()).await? {
            self.part(part.map_err(|_| Ended::Broke)?).await?;
        }
        Ok(())
    }

    /// Says a part, in as many as it takes, once who reads is not too far behind.
    async fn part(&mut self, mut part: Bytes) -> Result<(), Ended> {
        while !part.is_empty() {
            let number = self.said.saturating_add(1);
            let mut reader = self.reader.clone();
            let near = move |reader: &Reader| number.saturating_sub(reader.has_read) <= WINDOW;
            let has_room = async move { reader.wait_for(near).await.is_ok() };
            if !self.meanwhile(has_room).await? {
                return Err(Ended::Alone);
            }
            let now = part.split_to(part.len().min(LONGEST_PART));
            let word = Word::Part { call: self.call, number };
            self.replicas.tell(self.from, &word, &now).await?;
            self.said = number;
        }
        Ok(())
    }

    async fn end(&self) -> Result<(), Ended> {
        let word = Word::End { call: self.call, parts: self.said };
        Ok(self.replicas.tell(self.from, &word, &[]).await?)
    }

    /// Waits for something, and says meanwhile that it does, for as long as somebody reads.
    async fn meanwhile<T>(&mut self, wait: impl Future<Output = T>) -> Result<T, Ended> {
        let mut wait = std::pin::pin!(wait);
        let mut reader = self.reader.clone();
        loop {
            tokio::select! {
                biased;
                done = &mut wait => return Ok(done),
                () = gone(&mut reader) => return Err(Ended::Alone),
                _ = self.beat.tick() => {
                    if !self.replicas.lives(self.from).await {
                        return Err(Ended::Alone);
                    }
                    let word = Word::Alive { call: self.call, parts: self.said };
                    self.replicas.tell(self.from, &word, &[]).await?;
                }
            }
        }
    }
}
