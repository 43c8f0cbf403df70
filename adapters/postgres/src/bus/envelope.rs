//! The text of a notification: `to:=frame`, the frame in Base64, or `to:@id` of the row that it is
//! kept in. `to` is one replica, or `*` for all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;
use registry_domain::ports::ReplicaId;
use uuid::Uuid;

/// The longest text that PostgreSQL takes: shorter than 8000 bytes.
const MAX_PAYLOAD: usize = 7_999;
const ALL: &str = "*";

/// Where the frame is that a notification tells of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Inside(Bytes),
    Kept(Uuid),
}

/// The text that carries a frame; `None` for one that is too large.
pub(super) fn inside(to: Option<ReplicaId>, frame: &[u8]) -> Option<String> {
    // As many bytes as there are at least, so that a large frame is not written for nothing.
    if frame.len() > MAX_PAYLOAD {
        return None;
    }
    let text = format!("{}:={}", name(to), BASE64.encode(frame));
    (text.len() <= MAX_PAYLOAD).then_some(text)
}

/// The text that names a row, without the row's id, which comes last.
pub(super) fn kept(to: Option<ReplicaId>) -> String {
    format!("{}:@", name(to))
}

fn name(to: Option<ReplicaId>) -> String {
    to.map_or_else(|| ALL.to_owned(), |to| to.to_string())
}

/// Reads what is for this replica; `None` for all else, and for what another version of the
/// product may say.
pub(super) fn read(text: &str, us: ReplicaId) -> Option<Envelope> {
    let (to, rest) = text.split_once(':')?;
    if to != ALL && Uuid::try_parse(to).ok()? != us.0 {
        return None;
    }
    if let Some(frame) = rest.strip_prefix('=') {
        return Some(Envelope::Inside(BASE64.decode(frame).ok()?.into()));
    }
    Uuid::try_parse(rest.strip_prefix('@')?).ok().map(Envelope::Kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_for_us_reads() {
        let [us, other] = [7, 8].map(|id| ReplicaId(Uuid::from_u128(id)));
        let frame = Bytes::from_static(b"\0\xff");
        for to in [None, Some(us)] {
            let text = inside(to, &frame).unwrap();
            assert_eq!(read(&text, us), Some(Envelope::Inside(frame.clone())));
            let row = Uuid::from_u128(9);
            assert_eq!(read(&format!("{}{row}", kept(to)), us), Some(Envelope::Kept(row)));
        }
        assert_eq!(read(&inside(Some(other), &frame).unwrap(), us), None);
        for foreign in ["", "*", "*:", "*:=%", "*:@9", "*:?x", "me:=AAAA"] {
            assert_eq!(read(foreign, us), None, "{foreign}");
        }
    }

    #[test]
    fn what_postgresql_would_refuse_is_too_large() {
        let to = Some(ReplicaId(Uuid::from_u128(7)));
        let largest = (0..MAX_PAYLOAD).rev().find(|size| inside(to, &vec![0; *size]).is_some());
        let text = inside(to, &vec![0; largest.unwrap()]).unwrap();
        assert!((MAX_PAYLOAD - 2..=MAX_PAYLOAD).contains(&text.len()), "{}", text.len());
        assert_eq!(inside(to, &vec![0; 1 << 20]), None);
    }
}
