//! Server-sent events: cutting a byte stream into frames, and writing frames.
//!
//! The rules are those of WHATWG HTML §9.2. A frame ends at a blank line; lines end in LF, CRLF or
//! CR. Frames are cut as soon as they are complete and keep the bytes they came in, so that one
//! that needs no change is passed on as it is.
//!
//! - [`FrameSplitter`] (`sse/splitter.rs`): from chunks to frames, with a bound
//! - [`Frame`] (`sse/frame.rs`): the fields of one frame
//! - [`write_frame`]: a frame of ours
//!
//! Absent on purpose: reconnecting. Whoever holds the connection remembers the last id and `retry`.

use bytes::BytesMut;

mod frame;
mod lines;
mod splitter;

pub use frame::Frame;
pub use splitter::FrameSplitter;

/// Appends a frame with this data, one `data:` line for each of its lines.
///
/// An event name ends at its first line break, since a name cannot have one.
pub fn write_frame(out: &mut BytesMut, event: Option<&str>, data: &[u8]) {
    out.reserve(data.len() + 32);
    if let Some(event) = event {
        let name = lines::Lines::new(event.as_bytes()).next().unwrap_or_default();
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name);
        out.extend_from_slice(b"\n");
    }
    for line in lines::Lines::new(data) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n");
    }
    out.extend_from_slice(b"\n");
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn written(event: Option<&str>, data: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        write_frame(&mut out, event, data);
        out
    }

    #[test]
    fn a_frame_is_written_with_one_line_of_data_each() {
        assert_eq!(written(None, b"{}"), "data: {}\n\n");
        assert_eq!(written(Some("message"), b"a\nb"), "event: message\ndata: a\ndata: b\n\n");
        assert_eq!(written(None, b"a\r\nb\rc\n"), "data: a\ndata: b\ndata: c\ndata: \n\n");
        assert_eq!(written(None, b""), "data: \n\n");
    }

    #[test]
    fn an_event_name_cannot_smuggle_in_a_line() {
        assert_eq!(written(Some("a\ndata: x"), b"1"), "event: a\ndata: 1\n\n");
        assert_eq!(written(Some("\rid: 9"), b"1"), "event: \ndata: 1\n\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn what_is_written_reads_back(data in "[a: \n]{0,20}", event in prop::option::of("[a-z]{1,5}")) {
            let mut splitter = FrameSplitter::new(1000);
            splitter.push(written(event.as_deref(), data.as_bytes()).freeze());
            let frame = splitter.next_frame().unwrap().unwrap();
            prop_assert_eq!(frame.data, data.as_bytes());
            prop_assert_eq!(frame.event, event.map(Bytes::from));
            prop_assert!(splitter.next_frame().is_none());
            prop_assert_eq!(splitter.pending_bytes(), 0);
        }
    }
}
