//! A message whose exchange another replica holds: it is handed over, and what comes back is the
//! answer to the client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use mcp_wire::WireError;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{ReplicaId, UpstreamFailure};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::handed::{Handed, Via};
use super::words::{Kind, Word};
use super::{AHEAD, Replicas};
use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::exchange::Exchange;
use crate::inbound::Inbound;

/// The most messages of one process that others work on at a time.
const MOST: usize = 1_024;
/// How long nothing may be heard of a message until it is looked whether its replica lives.
const SILENCE: Duration = Duration::from_secs(5);
/// So often in a row; then it is given up, although the replica lives.
const MOST_SILENCES: u32 = 6;

/// Hands a message to the replica that holds what it is about, and answers what that answers; or
/// `gone`, where that replica is.
pub(crate) async fn hand(
    exchange: &Exchange,
    home: ReplicaId,
    via: Via,
    inbound: &Inbound,
    (id_json, gone): (&str, WireError),
) -> Answer {
    let answer = match &exchange.replicas {
        Some(replicas) if replicas.lives(home).await => {
            handed(replicas, exchange, home, via, inbound, (id_json, &gone)).await
        }
        _ => Err(gone.clone()),
    };
    let outcome = if answer.is_ok() { "answered" } else { "lost" };
    metrics::counter!("mcp_registry_handed_messages_total", "outcome" => outcome).increment(1);
    answer.unwrap_or_else(|error| Answer::refused(&error, id_json))
}

async fn handed(
    replicas: &Arc<Replicas>,
    exchange: &Exchange,
    home: ReplicaId,
    via: Via,
    inbound: &Inbound,
    (id_json, gone): (&str, &WireError),
) -> Result<Answer, WireError> {
    let unsaid = |error| {
        tracing::warn!(%error, "a message cannot be handed to the replica that it is for");
        WireError::unavailable(
            "the replica that holds the exchange cannot be reached; try again later",
        )
    };
    let back = Back::open(replicas, home, exchange.ports.ids.next())?;
    let word = Word::Hand(Box::new(Handed::of(replicas.own().0, back.call, via, inbound)));
    replicas.tell(home, &word, &inbound.body).await.map_err(unsaid)?;
    back.answer(id_json, gone).await
}

/// What comes back of a message; dropping it says that nobody reads any more.
pub(super) struct Back {
    replicas: Arc<Replicas>,
    home: ReplicaId,
    call: Uuid,
    coming: mpsc::Receiver<(Word, Bytes)>,
    /// How many parts were read.
    read: u32,
    is_over: bool,
}

impl Back {
    /// Waits for what a replica says of a message from now on.
    ///
    /// # Errors
    /// 503: too many wait.
    pub(super) fn open(
        replicas: &Arc<Replicas>,
        home: ReplicaId,
        call: Uuid,
    ) -> Result<Self, WireError> {
        // What is on its way, and the few words beside it.
        let (waits, coming) = mpsc::channel(AHEAD + 4);
        let mut waiting = replicas.waiting.lock();
        if waiting.len() >= MOST {
            let words = "as many messages wait for other replicas as may be; try again later";
            return Err(WireError::unavailable(words));
        }
        waiting.insert(call, waits);
        let replicas = Arc::clone(replicas);
        Ok(Self { replicas, home, call, coming, read: 0, is_over: false })
    }

    /// The answer, as soon as it begins.
    ///
    /// # Errors
    /// `gone`, where none does.
    pub(super) async fn answer(
        mut self,
        id_json: &str,
        gone: &WireError,
    ) -> Result<Answer, WireError> {
        loop {
            match self.hear().await {
                Some((Word::Alive { .. }, _)) => {}
                Some((Word::Head { status, kind, retry_after_ms, is_whole, .. }, body)) => {
                    let body = if is_whole {
                        self.is_over = true;
                        AnswerBody::Whole(body)
                    } else {
                        self.parts(kind, id_json, gone)
                    };
                    let kind = match kind {
                        Kind::Json => ContentType::Json,
                        Kind::EventStream => ContentType::EventStream,
                        Kind::None => ContentType::None,
                    };
                    let retry_after = retry_after_ms.map(Duration::from_millis);
                    return Ok(Answer { retry_after, ..Answer::of(status, kind, body) });
                }
                _ => return Err(gone.clone()),
            }
        }
    }

    /// What is heard next of the message; `None` when the replica is gone, or as good as gone.
    async fn hear(&mut self) -> Option<(Word, Bytes)> {
        for _ in 0..MOST_SILENCES {
            match tokio::time::timeout(SILENCE, self.coming.recv()).await {
                Ok(heard) => return heard,
                Err(_) if self.replicas.lives(self.home).await => {}
                Err(_) => return None,
            }
        }
        None
    }

    /// The next part; `None` at the end, an error where what comes is not all of it.
    async fn next(&mut self) -> Option<Result<Bytes, ()>> {
        loop {
            match self.hear().await {
                Some((Word::Part { number, .. }, part))
                    if number == self.read.saturating_add(1) =>
                {
                    self.read = number;
                    let word = Word::Read { call: self.call, number };
                    return match self.replicas.tell(self.home, &word, &[]).await {
                        Ok(()) => Some(Ok(part)),
                        Err(_) => Some(Err(())),
                    };
                }
                Some((Word::Alive { parts, .. }, _)) if parts == self.read => {}
                Some((Word::End { parts, .. }, _)) if parts == self.read => {
                    self.is_over = true;
                    return None;
                }
                _ => return Some(Err(())),
            }
        }
    }

    /// The rest of the answer. An event stream that breaks off ends with an event that says so.
    fn parts(self, kind: Kind, id_json: &str, gone: &WireError) -> AnswerBody {
        let last = framed(&gone.to_json(id_json));
        let parts = stream::unfold(Some((self, last)), move |state| async move {
            let (mut back, last) = state?;
            match back.next().await? {
                Ok(part) => Some((Ok(part), Some((back, last)))),
                Err(()) if kind == Kind::EventStream => Some((Ok(last), None)),
                Err(()) => Some((Err(broken()), None)),
            }
        });
        AnswerBody::Parts(Box::pin(parts))
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        self.replicas.waiting.lock().remove(&self.call);
        // Outside a runtime there is nobody left to tell.
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.is_over {
            let (replicas, home, call) = (Arc::clone(&self.replicas), self.home, self.call);
            runtime.spawn(async move {
                if replicas.tell(home, &Word::Gone { call }, &[]).await.is_err() {
                    tracing::debug!("a replica could not be told that nobody reads its answer");
                }
            });
        }
    }
}

fn broken() -> UpstreamFailure {
    UpstreamFailure {
        class: FaultClass::Unreachable,
        detail: "the replica that answered is gone".to_owned(),
        request_sent: true,
    }
}
