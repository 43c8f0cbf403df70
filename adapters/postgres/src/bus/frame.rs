//! What replicas say to each other, as bytes.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use registry_domain::ports::ReplicaId;
use uuid::Uuid;

/// The first byte of each.
const MESSAGE: u8 = 1;
const QUESTION: u8 = 2;
const ANSWER: u8 = 3;

/// One thing that is said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Message { topic: String, body: Bytes },
    Question(Question),
    Answer(Answer),
}

/// A question to all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Who asks.
    pub(super) asker: ReplicaId,
    /// The asker's own number for it.
    pub(super) number: u64,
    /// How long the asker waits, in milliseconds.
    pub(super) within_ms: u64,
    pub(super) topic: String,
    pub(super) body: Bytes,
}

/// An answer to the asker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Who answers.
    pub(super) replica: ReplicaId,
    /// The asker's number.
    pub(super) number: u64,
    /// Nothing, where there is nothing to say.
    pub(super) body: Option<Bytes>,
}

impl Question {
    pub(super) fn within(&self) -> Duration {
        Duration::from_millis(self.within_ms)
    }
}

impl Frame {
    /// The topic, for people who look at what is kept.
    pub(super) fn topic(&self) -> &str {
        match self {
            Self::Message { topic, .. } => topic,
            Self::Question(question) => &question.topic,
            Self::Answer(_) => "",
        }
    }

    pub(super) fn write(&self) -> Bytes {
        let mut out = BytesMut::new();
        match self {
            Self::Message { topic, body } => {
                out.put_u8(MESSAGE);
                put_topic(&mut out, topic);
                out.put_slice(body);
            }
            Self::Question(question) => {
                out.put_u8(QUESTION);
                out.put_u128(question.asker.0.as_u128());
                out.put_u64(question.number);
                out.put_u64(question.within_ms);
                put_topic(&mut out, &question.topic);
                out.put_slice(&question.body);
            }
            Self::Answer(answer) => {
                out.put_u8(ANSWER);
                out.put_u128(answer.replica.0.as_u128());
                out.put_u64(answer.number);
                out.put_u8(u8::from(answer.body.is_some()));
                out.put_slice(answer.body.as_deref().unwrap_or_default());
            }
        }
        out.freeze()
    }

    /// `None` for what another version of the product may say.
    pub(super) fn read(mut bytes: Bytes) -> Option<Self> {
        match bytes.try_get_u8().ok()? {
            MESSAGE => {
                let topic = take_topic(&mut bytes)?;
                Some(Self::Message { topic, body: bytes })
            }
            QUESTION => {
                let asker = ReplicaId(Uuid::from_u128(bytes.try_get_u128().ok()?));
                let number = bytes.try_get_u64().ok()?;
                let within_ms = bytes.try_get_u64().ok()?;
                let topic = take_topic(&mut bytes)?;
                Some(Self::Question(Question { asker, number, within_ms, topic, body: bytes }))
            }
            ANSWER => {
                let replica = ReplicaId(Uuid::from_u128(bytes.try_get_u128().ok()?));
                let number = bytes.try_get_u64().ok()?;
                let body = match bytes.try_get_u8().ok()? {
                    0 => None,
                    1 => Some(bytes),
                    _ => return None,
                };
                Some(Self::Answer(Answer { replica, number, body }))
            }
            _ => None,
        }
    }
}

fn put_topic(out: &mut BytesMut, topic: &str) {
    out.put_u64(u64::try_from(topic.len()).unwrap_or(u64::MAX));
    out.put_slice(topic.as_bytes());
}

fn take_topic(bytes: &mut Bytes) -> Option<String> {
    let length = usize::try_from(bytes.try_get_u64().ok()?).ok()?;
    if length > bytes.len() {
        return None;
    }
    String::from_utf8(bytes.split_to(length).to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back_and_broken_ones_are_nothing() {
        let (topic, body) = ("calls:é".to_owned(), Bytes::from_static(b"\0\xff"));
        let asker = ReplicaId(Uuid::from_u128(7));
        let question =
            Question { asker, number: 3, within_ms: 200, topic: topic.clone(), body: body.clone() };
        for frame in [Frame::Message { topic, body }, Frame::Question(question)] {
            let bytes = frame.write();
            for length in 0..bytes.len() - 2 {
                assert_eq!(Frame::read(bytes.slice(..length)), None, "{length}");
            }
            assert_eq!(Frame::read(bytes), Some(frame));
        }
        for body in [None, Some(Bytes::new()), Some(Bytes::from_static(b"x"))] {
            let answer = Frame::Answer(Answer { replica: asker, number: 1, body });
            assert_eq!(Frame::read(answer.write()), Some(answer));
        }
        assert_eq!(Frame::read(Bytes::from_static(b"\x09what?")), None);
    }
}
