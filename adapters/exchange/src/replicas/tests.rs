//! Answers on their way between two replicas, over a wire of the test's own.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures_util::stream;
use mcp_wire::WireError;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{AnswerHandler, Purpose, UpstreamFailure};
use tokio::sync::{mpsc, oneshot};

use super::away::Back;
use super::here::Telling;
use super::*;
use crate::answer::{Answer, AnswerBody, AnswerStream, ContentType};

/// Takes what is said to both replicas.
struct Wire {
    replica: ReplicaId,
    said: mpsc::UnboundedSender<(String, Bytes)>,
}

#[async_trait]
impl ReplicaBus for Wire {
    fn replica(&self) -> ReplicaId {
        self.replica
    }

    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError> {
        self.said.send((topic.to_owned(), message)).unwrap();
        Ok(())
    }

    async fn subscribe(&self, _: &str) -> Result<Subscription, PortError> {
        Ok(Box::pin(stream::pending()))
    }

    async fn ask(&self, _: &str, _: Bytes, _: Duration) -> Result<Vec<Bytes>, PortError> {
        Ok(Vec::new())
    }

    fn answer(&self, _: &str, _: AnswerHandler) {}

    async fn live_replicas(&self) -> Result<Vec<ReplicaId>, PortError> {
        Ok([1, 2].map(|id| ReplicaId(Uuid::from_u128(id))).to_vec())
    }
}

struct Plain;

impl Sealer for Plain {
    fn seal(&self, _: Purpose, _: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(plain.to_vec())
    }

    fn open(&self, _: Purpose, _: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

/// Begins to tell an answer, and gives what the other replica makes of it.
async fn told(answer: Answer) -> Answer {
    let (said, mut coming) = mpsc::unbounded_channel();
    let [here, there] = [1, 2].map(|id| {
        let bus = Wire { replica: ReplicaId(Uuid::from_u128(id)), said: said.clone() };
        Replicas::new(Arc::new(bus), Arc::new(Plain))
    });
    let (call, both) = (Uuid::from_u128(9), [Arc::clone(&here), Arc::clone(&there)]);
    Handle::current().spawn(async move {
        while let Some((to, sealed)) = coming.recv().await {
            let whom = both.iter().find(|one| topic(one.own()) == to).unwrap();
            let (word, body) = words::open(&Plain, &to, &sealed).unwrap();
            assert!(whom.of_answers(word, body).is_none());
        }
    });
    let back = Back::open(&here, there.own(), call).unwrap();
    let telling = Telling::of(&there, here.own(), call);
    Handle::current().spawn(telling.all_of(async { answer }));
    back.answer("7", &gone()).await.unwrap()
}

fn gone() -> WireError {
    WireError::upstream("SERVER_UNAVAILABLE", "it is gone")
}

fn streamed(kind: ContentType, parts: AnswerStream) -> Answer {
    Answer::of(200, kind, AnswerBody::Parts(parts))
}

fn parts_of(answer: Answer) -> AnswerStream {
    match answer.body {
        AnswerBody::Parts(parts) => parts,
        AnswerBody::Whole(bytes) => panic!("{bytes:?} is whole"),
    }
}

#[tokio::test]
async fn a_short_answer_comes_as_it_was() {
    let answer = Answer { retry_after: Some(Duration::from_secs(3)), ..Answer::json(503, "{}") };
    let answer = told(answer).await;
    assert_eq!((answer.status, answer.content_type), (503, ContentType::Json));
    assert_eq!(answer.retry_after, Some(Duration::from_secs(3)));
    assert!(matches!(answer.body, AnswerBody::Whole(bytes) if bytes == "{}"));
}

#[tokio::test]
async fn a_long_answer_comes_whole_in_order_and_no_faster_than_it_is_read() {
    const PARTS: u32 = 64;
    let made = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&made);
    let parts = stream::iter(0..PARTS).map(move |number| {
        counts.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::from(number.to_be_bytes().repeat(LONGEST_PART / 4)))
    });
    let mut parts = parts_of(told(streamed(ContentType::Json, Box::pin(parts))).await);
    for number in 0..PARTS {
        // One waits for room while the next ones are on their way.
        assert!(made.load(Ordering::SeqCst) <= number + WINDOW + 2);
        let part = parts.next().await.unwrap().unwrap();
        assert_eq!(part, number.to_be_bytes().repeat(LONGEST_PART / 4), "{number}");
    }
    assert!(parts.next().await.is_none());
    // One that is whole, and longer than a part.
    let long = Bytes::from(vec![b'x'; LONGEST_PART * 3 + 1]);
    let parts = parts_of(told(Answer::json(200, long.clone())).await);
    let parts: Vec<Bytes> = parts.map(Result::unwrap).collect().await;
    assert_eq!((parts.len(), parts.concat()), (4, long.to_vec()));
}

fn breaks_off() -> AnswerStream {
    let broken =
        UpstreamFailure { class: FaultClass::Timeout, detail: String::new(), request_sent: true };
    Box::pin(stream::iter([Ok(Bytes::from_static(b"part")), Err(broken)]))
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_so() {
    let mut parts = parts_of(told(streamed(ContentType::EventStream, breaks_off())).await);
    assert_eq!(parts.next().await.unwrap().unwrap(), "part");
    let last = parts.next().await.unwrap().unwrap();
    let last = String::from_utf8(last.to_vec()).unwrap();
    assert!(last.contains(r#""id":7"#) && last.contains("it is gone"), "{last}");
    assert!(parts.next().await.is_none());
    let mut parts = parts_of(told(streamed(ContentType::Json, breaks_off())).await);
    assert!(parts.next().await.unwrap().is_ok());
    assert!(parts.next().await.unwrap().is_err());
}

#[tokio::test]
async fn an_answer_that_nobody_reads_any_more_is_given_up() {
    let (held, dropped) = oneshot::channel::<()>();
    let parts = stream::iter([Ok(Bytes::from_static(b"part"))]).chain(stream::pending());
    let parts = parts.map(move |part| {
        assert!(!held.is_closed());
        part
    });
    let mut parts = parts_of(told(streamed(ContentType::EventStream, Box::pin(parts))).await);
    assert!(parts.next().await.unwrap().is_ok());
    drop(parts);
    assert!(dropped.await.is_err(), "what made the answer is gone");
}
