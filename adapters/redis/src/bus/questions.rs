//! Asking and answering.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::AsyncCommands as _;
use parking_lot::Mutex;
use registry_domain::ports::{Heard, ReplicaId};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;

use super::Shared;
use super::frame::{Answer, Question};
use crate::error::Fault;

/// How many answers may wait to be read; more replicas than that answer in several breaths.
const ANSWERS: usize = 1_024;

/// Who waits for answers, by the number of the question.
pub(super) type Waiting = Mutex<HashMap<u64, mpsc::Sender<Answer>>>;

/// A question that is waited for; dropping it ends that.
struct Asked<'a> {
    waiting: &'a Waiting,
    number: u64,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.waiting.lock().remove(&self.number);
    }
}

impl Shared {
    pub(super) fn question_channel(&self) -> String {
        self.pool.key("bus:questions")
    }

    pub(super) fn answer_channel(&self, asker: ReplicaId) -> String {
        self.pool.key(&format!("bus:answers:{asker}"))
    }

    /// Asks all who live.
    pub(super) async fn ask(
        &self,
        topic: &str,
        body: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, Fault> {
        if !self.pool.listener.hears() {
            return Err(self.pool.listener.deaf());
        }
        let number = self.next_question.fetch_add(1, Ordering::Relaxed);
        let question = Question {
            asker: self.replica,
            number,
            within_ms: crate::time::ttl_ms(within),
            topic: topic.to_owned(),
            body,
        };
        let (sender, mut said) = mpsc::channel(ANSWERS);
        self.waiting.lock().insert(number, sender);
        let _asked = Asked { waiting: &self.waiting, number };
        let late = tokio::time::Instant::now().checked_add(within);
        let asking = self.publish_question(question.write());
        let live = in_time(late, asking).await.ok_or_else(|| self.pool.listener.deaf())??;
        let mut missing: BTreeSet<ReplicaId> = live.into_iter().collect();
        let mut seen = BTreeSet::new();
        let mut answers = Vec::with_capacity(missing.len());
        while !missing.is_empty() {
            let Some(Some(answer)) = in_time(late, said.recv()).await else { break };
            missing.remove(&answer.replica);
            if seen.insert(answer.replica) {
                answers.extend(answer.body);
            }
        }
        Ok(answers)
    }

    /// Passes on questions to handlers and answers to askers.
    pub(super) async fn hear(
        self: Arc<Self>,
        mut questions: broadcast::Receiver<Heard>,
        mut answers: broadcast::Receiver<Heard>,
    ) {
        loop {
            let told = tokio::select! {
                told = answers.recv() => told.map(|heard| (heard, false)),
                told = questions.recv() => told.map(|heard| (heard, true)),
            };
            match told {
                Ok((Heard::Message(bytes), true)) => self.hear_question(bytes),
                Ok((Heard::Message(bytes), false)) => self.hear_answer(bytes),
                // Who waits for what was missed waits its time, not longer.
                Ok((Heard::Missed, _)) | Err(RecvError::Lagged(_)) => {
                    tracing::warn!("questions or answers of other replicas were missed");
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn hear_answer(&self, bytes: Bytes) {
        let Some(answer) = Answer::read(bytes) else { return };
        if let Some(asker) = self.waiting.lock().get(&answer.number) {
            // Full means that more have answered than were asked.
            let _: Result<(), _> = asker.try_send(answer);
        }
    }

    fn hear_question(self: &Arc<Self>, bytes: Bytes) {
        let Some(question) = Question::read(bytes) else { return };
        let handler = self.handlers.lock().get(&question.topic).cloned();
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        if slot.is_none() {
            tracing::warn!(topic = question.topic, "too many questions at once: one is refused");
        }
        let shared = Arc::clone(self);
        let answering = async move {
            let body = match (handler, &slot) {
                (Some(handler), Some(_)) => {
                    // Too late is no answer: the asker is gone.
                    let answered = handler(question.body.clone());
                    let late = tokio::time::Instant::now().checked_add(question.within());
                    let Some(body) = in_time(late, answered).await else { return };
                    body
                }
                _ => None,
            };
            let answer = Answer { replica: shared.replica, number: question.number, body };
            let (channel, frame) = (shared.answer_channel(question.asker), answer.write());
            let sent = shared.pool.run("answer", move |mut link| async move {
                link.publish::<_, _, ()>(channel, frame.as_ref()).await
            });
            if let Err(error) = sent.await {
                tracing::debug!(%error, "an answer could not be given");
            }
        };
        let stop = self.stop.clone();
        self.pool.tracker.spawn_on(
            async move { stop.run_until_cancelled_owned(answering).await },
            &self.pool.handle,
        );
    }
}

/// Waits until a moment; a moment beyond all time never comes.
async fn in_time<F: Future>(late: Option<tokio::time::Instant>, future: F) -> Option<F::Output> {
    match late {
        Some(late) => tokio::time::timeout_at(late, future).await.ok(),
        None => Some(future.await),
    }
}
