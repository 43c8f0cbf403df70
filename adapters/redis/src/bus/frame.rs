//! What is said on the bus's own channels, as bytes.

use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use registry_domain::ports::ReplicaId;
use uuid::Uuid;

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

    pub(super) fn write(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(48 + self.topic.len() + self.body.len());
        out.put_u128(self.asker.0.as_u128());
        out.put_u64(self.number);
        out.put_u64(self.within_ms);
        out.put_u64(u64::try_from(self.topic.len()).unwrap_or(u64::MAX));
        out.put_slice(self.topic.as_bytes());
        out.put_slice(&self.body);
        out.freeze()
    }

    /// `None` for what another version of the product may say.
    pub(super) fn read(mut bytes: Bytes) -> Option<Self> {
        let asker = ReplicaId(Uuid::from_u128(bytes.try_get_u128().ok()?));
        let number = bytes.try_get_u64().ok()?;
        let within_ms = bytes.try_get_u64().ok()?;
        let topic_len = usize::try_from(bytes.try_get_u64().ok()?).ok()?;
        if topic_len > bytes.len() {
            return None;
        }
        let topic = String::from_utf8(bytes.split_to(topic_len).to_vec()).ok()?;
        Some(Self { asker, number, within_ms, topic, body: bytes })
    }
}

impl Answer {
    pub(super) fn write(&self) -> Bytes {
        let body = self.body.as_deref();
        let mut out = BytesMut::with_capacity(32 + body.map_or(0, <[u8]>::len));
        out.put_u128(self.replica.0.as_u128());
        out.put_u64(self.number);
        out.put_u8(u8::from(body.is_some()));
        out.put_slice(body.unwrap_or_default());
        out.freeze()
    }

    /// `None` for what another version of the product may say.
    pub(super) fn read(mut bytes: Bytes) -> Option<Self> {
        let replica = ReplicaId(Uuid::from_u128(bytes.try_get_u128().ok()?));
        let number = bytes.try_get_u64().ok()?;
        let body = match bytes.try_get_u8().ok()? {
            0 => None,
            1 => Some(bytes),
            _ => return None,
        };
        Some(Self { replica, number, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back_and_broken_ones_are_nothing() {
        let question = Question {
            asker: ReplicaId(Uuid::from_u128(7)),
            number: 3,
            within_ms: 200,
            topic: "calls:é".to_owned(),
            body: Bytes::from_static(b"\0\xff"),
        };
        let bytes = question.write();
        for length in 0..bytes.len() - 2 {
            assert_eq!(Question::read(bytes.slice(..length)), None, "{length}");
        }
        assert_eq!(Question::read(bytes), Some(question));
        for body in [None, Some(Bytes::new()), Some(Bytes::from_static(b"x"))] {
            let answer = Answer { replica: ReplicaId(Uuid::from_u128(9)), number: 1, body };
            assert_eq!(Answer::read(answer.write()), Some(answer));
        }
        assert_eq!(Answer::read(Bytes::from_static(b"short")), None);
    }
}
