//! The fields of one frame.

use bytes::{Bytes, BytesMut};

use super::lines::Lines;
use crate::reply;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One server-sent event, or a comment that keeps the connection alive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The bytes it came in, with the blank line at the end.
    pub raw: Bytes,
    /// The event's name; `None` if there was none or an empty one, which means `message`.
    pub event: Option<Bytes>,
    /// The data, its lines joined with LF; empty for a comment.
    pub data: Bytes,
    /// The id to resume from. An empty one takes the last one back.
    pub id: Option<Bytes>,
    /// How long to wait before reconnecting, in milliseconds.
    pub retry: Option<u64>,
}

impl Frame {
    /// Reads a complete frame. What the rules do not know is ignored, as they demand.
    pub fn parse(raw: &Bytes) -> Self {
        let mut data = Data::None;
        let mut frame = Self::default();
        let text = raw.strip_prefix(BYTE_ORDER_MARK).unwrap_or(raw);
        for line in Lines::new(text) {
            let (field, value) = split(line);
            match field {
                b"data" => data.add(raw, value),
                b"event" => {
                    frame.event = Some(raw.slice_ref(value)).filter(|name| !name.is_empty());
                }
                b"id" if memchr::memchr(0, value).is_none() => {
                    frame.id = Some(raw.slice_ref(value));
                }
                b"retry" => frame.retry = milliseconds(value).or(frame.retry),
                _ => {}
            }
        }
        frame.data = data.finish();
        frame.raw = raw.slice_ref(text);
        frame
    }

    /// Whether the data is a JSON-RPC response: it has a `result` or an `error` and no `method`.
    pub fn is_response(&self) -> bool {
        reply::observe_whole(&self.data).is_ok_and(|observed| observed.is_response)
    }
}

/// The data lines so far. One line, the common case, stays a slice of the frame.
enum Data {
    None,
    One(Bytes),
    Joined(BytesMut),
}

impl Data {
    fn add(&mut self, raw: &Bytes, line: &[u8]) {
        match self {
            Self::None => *self = Self::One(raw.slice_ref(line)),
            Self::One(first) => {
                let mut joined = BytesMut::with_capacity(raw.len());
                joined.extend_from_slice(first);
                join(&mut joined, line);
                *self = Self::Joined(joined);
            }
            Self::Joined(joined) => join(joined, line),
        }
    }

    fn finish(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(line) => line,
            Self::Joined(joined) => joined.freeze(),
        }
    }
}

fn join(joined: &mut BytesMut, line: &[u8]) {
    joined.extend_from_slice(b"\n");
    joined.extend_from_slice(line);
}

/// A line's field and value; one space after the colon belongs to neither.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr::memchr(b':', line) else { return (line, b"".as_slice()) };
    let field = line.get(..colon).unwrap_or_default();
    let value = line.get(colon + 1..).unwrap_or_default();
    (field, value.strip_prefix(b" ").unwrap_or(value))
}

/// A number of digits only.
fn milliseconds(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &'static str) -> Frame {
        Frame::parse(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn fields_are_read_and_the_last_one_of_a_name_counts() {
        let frame = frame("event:a\nid: 1\nevent: b\nid\nretry: 30\ndata: x\nother: y\n\n");
        assert_eq!(frame.event.unwrap(), "b");
        assert_eq!(frame.id.unwrap(), "");
        assert_eq!(frame.retry, Some(30));
        assert_eq!(frame.data, "x");
    }

    #[test]
    fn one_line_of_data_is_no_copy() {
        let frame = frame("data: {\"a\": 1}\r\n\r\n");
        assert_eq!(frame.data, "{\"a\": 1}");
        assert_eq!(frame.data.as_ptr(), frame.raw.slice(6..).as_ptr());
    }

    #[test]
    fn several_lines_of_data_are_joined() {
        assert_eq!(frame("data: a\rdata:  b\rdata\rdata:c\r\r").data, "a\n b\n\nc");
        assert_eq!(frame("data\ndata\n\n").data, "\n");
    }

    #[test]
    fn comments_and_unknown_fields_leave_data_empty() {
        for text in [": ping\n\n", "\n", "Data: x\n\n", "data : x\n\n", "event:\n\n"] {
            let frame = frame(text);
            assert_eq!((frame.event, frame.data), (None, Bytes::new()), "{text:?}");
            assert_eq!(frame.raw, text);
        }
    }

    #[test]
    fn fields_against_the_rules_are_ignored() {
        let frame = frame("id: a\0b\nretry: 1x\nretry: +5\nretry: \ndata: x\n\n");
        assert_eq!((frame.id, frame.retry), (None, None));
        assert_eq!(super::milliseconds(b"99999999999999999999"), None);
    }

    #[test]
    fn a_leading_byte_order_mark_is_neither_read_nor_relayed() {
        let frame = frame("\u{feff}data: x\n\n");
        assert_eq!(frame.data, "x");
        assert_eq!(frame.raw, "data: x\n\n");
    }

    #[test]
    fn responses_are_told_from_requests_and_notifications() {
        let cases = [
            (r#"{"id":1,"result":null}"#, true),
            (r#"{"\u0065rror":{"code":1}}"#, true),
            (r#"{"id":1,"method":"x","params":{"result":1}}"#, false),
            (r#"{"result":{},"\u006dethod":"x"}"#, false),
            (r#"{"params":{"result":1}}"#, false),
            (r#"[{"result":1}]"#, false),
            (r#"{"result":1"#, false),
            ("", false),
        ];
        for (data, expected) in cases {
            let frame = Frame { data: Bytes::from_static(data.as_bytes()), ..Frame::default() };
            assert_eq!(frame.is_response(), expected, "{data}");
        }
    }
}
