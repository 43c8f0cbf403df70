//! How a stream of events is cut by the network changes nothing of what it says, and a bound is a bound.

use bytes::Bytes;
use mcp_wire::sse::FrameSplitter;

/// The longest event.
const MAX_BYTES: usize = 256;

type Event = (Option<Bytes>, Bytes, Option<Bytes>, Option<u64>);

/// The events of a stream that comes in these parts; `None` where one is too long.
fn read<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Event>> {
    let mut splitter = FrameSplitter::new(MAX_BYTES);
    let mut events = vec![];
    for part in parts {
        splitter.push(Bytes::copy_from_slice(part));
        while let Some(frame) = splitter.next_frame() {
            let frame = frame.ok()?;
            assert!(frame.raw.len() <= MAX_BYTES, "an event of {} bytes", frame.raw.len());
            events.push((frame.event, frame.data, frame.id, frame.retry));
        }
        assert!(splitter.pending_bytes() <= MAX_BYTES, "{} bytes wait", splitter.pending_bytes());
    }
    Some(events)
}

/// Reads a stream whole, in pieces of the length that its first byte says, and byte by byte.
pub fn events(bytes: &[u8]) {
    let Some((length, stream)) = bytes.split_first() else { return };
    let whole = read(std::iter::once(stream));
    for length in [usize::from(*length).max(1), 1] {
        let cut = read(stream.chunks(length));
        if let (Some(whole), Some(cut)) = (&whole, &cut) {
            assert_eq!(whole, cut, "in pieces of {length}");
        }
    }
}
