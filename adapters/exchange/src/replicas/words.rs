//! The words, and how they travel: what is said as JSON, behind it bytes as they are, all sealed
//! for the topic that it is said on.

use bytes::{Buf as _, BufMut as _, Bytes};
use registry_domain::ports::{PortError, Purpose, Sealer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::handed::Handed;
use crate::client_sessions::Change;

/// One thing that is said. The numbers of parts are the message's own, from 1 without a gap.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Word {
    /// A client's message for who has what it is about; its bytes follow.
    Hand(Box<Handed>),
    /// The head of the answer. A short answer follows as a whole.
    Head { call: Uuid, status: u16, kind: Kind, retry_after_ms: Option<u64>, is_whole: bool },
    /// More of the answer follows.
    Part { call: Uuid, number: u32 },
    /// The answer is complete after so many parts.
    End { call: Uuid, parts: u32 },
    /// The answer broke off.
    Broke { call: Uuid },
    /// It is still worked on; so many parts were said.
    Alive { call: Uuid, parts: u32 },
    /// So many parts were read.
    Read { call: Uuid, number: u32 },
    /// Nobody reads any more.
    Gone { call: Uuid },
    /// A client cancelled a call of its session.
    Cancelled { session: String, id_json: String },
    /// A client in a session wants to hear of something, or no more.
    Wants { from: Uuid, session: String, change: Change },
}

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Json,
    EventStream,
    None,
}

/// Makes a word ready to be said.
///
/// # Errors
/// As [`Sealer::seal`].
pub(super) fn seal(
    sealer: &dyn Sealer,
    topic: &str,
    word: &Word,
    body: &[u8],
) -> Result<Bytes, PortError> {
    let head = serde_json::to_vec(word).unwrap_or_default();
    let mut plain = Vec::with_capacity(head.len() + body.len() + 4);
    plain.put_u32(u32::try_from(head.len()).unwrap_or(u32::MAX));
    plain.put_slice(&head);
    plain.put_slice(body);
    sealer.seal(Purpose::Replica, topic.as_bytes(), &plain).map(Bytes::from)
}

/// Reads a word that was said on a topic; `None` for what no replica of ours said there.
pub(super) fn open(sealer: &dyn Sealer, topic: &str, said: &[u8]) -> Option<(Word, Bytes)> {
    let mut plain = Bytes::from(sealer.open(Purpose::Replica, topic.as_bytes(), said)?);
    let length = usize::try_from(plain.try_get_u32().ok()?).ok()?;
    let head = plain.split_to_checked(length)?;
    Some((serde_json::from_slice(&head).ok()?, plain))
}

/// [`Bytes::split_to`] that says no instead of stopping the process.
trait SplitChecked: Sized {
    fn split_to_checked(&mut self, length: usize) -> Option<Self>;
}

impl SplitChecked for Bytes {
    fn split_to_checked(&mut self, length: usize) -> Option<Self> {
        (length <= self.len()).then(|| self.split_to(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seals nothing, and says what for.
    struct Plain;

    impl Sealer for Plain {
        fn seal(&self, _: Purpose, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
            Ok([context, b"|", plain].concat())
        }

        fn open(&self, _: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
            sealed.strip_prefix(context)?.strip_prefix(b"|").map(<[u8]>::to_vec)
        }
    }

    #[test]
    fn a_word_and_its_bytes_come_as_they_were_said_and_only_where_they_were() {
        let word = Word::Part { call: Uuid::from_u128(7), number: 3 };
        let said = seal(&Plain, "a", &word, b"\0bytes\xff").unwrap();
        let (heard, body) = open(&Plain, "a", &said).unwrap();
        assert!(matches!(heard, Word::Part { number: 3, .. }), "{heard:?}");
        assert_eq!(body, b"\0bytes\xff".as_slice());
        assert!(open(&Plain, "b", &said).is_none());
    }

    #[test]
    fn what_is_cut_short_or_lies_about_its_length_is_no_word() {
        let said = seal(&Plain, "a", &Word::Gone { call: Uuid::nil() }, b"").unwrap();
        for length in 0..said.len() {
            assert!(open(&Plain, "a", &said[..length]).is_none(), "{length}");
        }
        assert!(open(&Plain, "a", b"a|\xff\xff\xff\xff{}").is_none());
    }
}
