//! Asking and answering.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use registry_domain::ports::ReplicaId;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::fault::Fault;
use super::frame::{Answer, Frame, Question};

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
    /// Asks all who live.
    pub(super) async fn ask(
        self: &Arc<Self>,
        topic: &str,
        body: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, Fault> {
        let late = Instant::now().checked_add(within);
        let number = self.next_question.fetch_add(1, Ordering::Relaxed);
        let (sender, mut said) = mpsc::channel(ANSWERS);
        self.waiting.lock().insert(number, sender);
        let _asked = Asked { waiting: &self.waiting, number };
        let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let (asker, topic) = (self.replica, topic.to_owned());
        let question = Frame::Question(Question { asker, number, within_ms, topic, body });
        let asking = async {
            // First who lives, then the question: who comes between is not waited for, and who is
            // waited for hears it.
            let live = self.live_replicas().await?;
            self.say("ask", None, question).await.map(|()| live)
        };
        let live = in_time(late, asking).await.ok_or_else(|| self.late())??;
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

    pub(super) fn hear_answer(&self, answer: Answer) {
        if let Some(asker) = self.waiting.lock().get(&answer.number) {
            // Full means that more have answered than were asked.
            let _: Result<(), _> = asker.try_send(answer);
        }
    }

    pub(super) fn hear_question(self: &Arc<Self>, question: Question) {
        let handler = self.handlers.lock().get(&question.topic).cloned();
        let slot = Arc::clone(&self.question_slots).try_acquire_owned().ok();
        if slot.is_none() {
            tracing::warn!(topic = question.topic, "too many questions at once: one is refused");
        }
        let shared = Arc::clone(self);
        let answering = async move {
            let late = Instant::now().checked_add(question.within());
            let body = match (handler, &slot) {
                (Some(handler), Some(_)) => {
                    // Too late is no answer: the asker is gone.
                    let answered = handler(question.body);
                    let Some(body) = in_time(late, answered).await else { return };
                    body
                }
                _ => None,
            };
            let answer = Answer { replica: shared.replica, number: question.number, body };
            let said = shared.say("answer", Some(question.asker), Frame::Answer(answer));
            if let Err(error) = said.await {
                tracing::debug!(%error, "an answer could not be given");
            }
        };
        let stop = self.stop.clone();
        self.tracker
            .spawn_on(async move { stop.run_until_cancelled_owned(answering).await }, &self.handle);
    }
}

/// Waits until a moment; a moment beyond all time never comes.
async fn in_time<F: Future>(late: Option<Instant>, future: F) -> Option<F::Output> {
    match late {
        Some(late) => timeout_at(late, future).await.ok(),
        None => Some(future.await),
    }
}
