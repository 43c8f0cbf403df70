//! An answer as it is kept: its head as JSON behind its length, and its body as it is.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use bytes::{BufMut, Bytes, BytesMut};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many bytes the length of the head takes.
const LENGTH_BYTES: usize = 4;

/// A kept answer.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    stored_at: Timestamp,
    /// Whether its handler gave it the tag that it has.
    pub(super) has_own_tag: bool,
    headers: Vec<(String, String)>,
    body: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Head {
    at_ms: i64,
    own_tag: bool,
    headers: Vec<(String, String)>,
}

impl Entry {
    /// What is kept of an answer; nothing if one of its headers is no text.
    pub(super) fn of(
        response: &HttpResponse<BoxBody>,
        body: Bytes,
        has_own_tag: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let kept = response.headers().iter().filter(|(name, _)| *name != header::CONTENT_LENGTH);
        let headers = kept
            .map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect::<Option<_>>()?;
        Some(Self { stored_at: now, has_own_tag, headers, body })
    }

    /// For how many seconds it has been kept.
    pub(super) fn age(&self, now: Timestamp) -> u64 {
        u64::try_from(now.duration_since(self.stored_at).as_secs()).unwrap_or(0)
    }

    /// The answer again.
    pub(super) fn into_response(self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::Ok().body(self.body);
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    /// As bytes.
    pub(super) fn encode(&self) -> Option<Bytes> {
        let head = Head {
            at_ms: self.stored_at.as_millisecond(),
            own_tag: self.has_own_tag,
            headers: self.headers.clone(),
        };
        let head = serde_json::to_vec(&head).ok()?;
        let mut bytes = BytesMut::with_capacity(LENGTH_BYTES + head.len() + self.body.len());
        bytes.put_u32(u32::try_from(head.len()).ok()?);
        bytes.put_slice(&head);
        bytes.put_slice(&self.body);
        Some(bytes.freeze())
    }

    /// Out of bytes. What another version of the program has kept may not read.
    pub(super) fn decode(mut bytes: Bytes) -> Option<Self> {
        let length = u32::from_be_bytes(*bytes.first_chunk::<LENGTH_BYTES>()?);
        let length = usize::try_from(length).ok()?;
        if bytes.len() < LENGTH_BYTES.checked_add(length)? {
            return None;
        }
        let _length = bytes.split_to(LENGTH_BYTES);
        let head: Head = serde_json::from_slice(&bytes.split_to(length)).ok()?;
        let stored_at = Timestamp::from_millisecond(head.at_ms).ok()?;
        Some(Self { stored_at, has_own_tag: head.own_tag, headers: head.headers, body: bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_back_as_it_was_kept() {
        let mut response = HttpResponse::Ok().insert_header(("x-total-count", "3")).finish();
        response.headers_mut().append(header::LINK, HeaderValue::from_static("<a>"));
        response.headers_mut().append(header::LINK, HeaderValue::from_static("<b>"));
        let now = Timestamp::from_millisecond(5_000).unwrap();
        let entry = Entry::of(&response, Bytes::from_static(b"{}"), true, now).unwrap();
        let again = Entry::decode(entry.encode().unwrap()).unwrap();
        assert_eq!(again, entry);
        assert_eq!(again.age(Timestamp::from_millisecond(7_900).unwrap()), 2);
        assert_eq!(again.age(Timestamp::from_millisecond(1).unwrap()), 0, "clocks differ");
        let links = again.into_response().headers().get_all(header::LINK).count();
        assert_eq!(links, 2);
    }

    #[test]
    fn what_is_no_entry_does_not_read() {
        for bad in [&b""[..], b"\0\0", b"\0\0\0\x09{}", b"\xff\xff\xff\xff{}", b"\0\0\0\x02{}"] {
            assert_eq!(Entry::decode(Bytes::copy_from_slice(bad)), None, "{bad:?}");
        }
    }
}
