//! From chunks to frames, with a bound.
//!
//! A frame inside one chunk is a slice of it; only a frame that straddles chunks is copied
//! together. Each byte is looked at once, however small the chunks are.

use bytes::{Buf, Bytes, BytesMut};

use super::Frame;
use crate::error::WireError;

/// Cuts a stream of server-sent events into frames.
#[derive(Debug)]
pub struct FrameSplitter {
    max_frame_bytes: usize,
    /// The last chunk, while no frame straddles into it.
    chunk: Bytes,
    /// A frame that began in an earlier chunk, and what came since.
    partial: BytesMut,
    /// Where in the pending bytes the search for a line end goes on.
    searched: usize,
    /// Where in the pending bytes the current line begins.
    line_start: usize,
    /// Whether a frame was cut after a CR that may turn out to be half a CRLF.
    skips_line_feed: bool,
    is_broken: bool,
}

impl FrameSplitter {
    /// A splitter for one stream, whose frames may be so long.
    pub fn new(max_frame_bytes: usize) -> Self {
        Self {
            max_frame_bytes,
            chunk: Bytes::new(),
            partial: BytesMut::new(),
            searched: 0,
            line_start: 0,
            skips_line_feed: false,
            is_broken: false,
        }
    }

    /// Takes the next chunk of the stream; afterwards [`next_frame`](Self::next_frame) is to be
    /// called until it gives `None`, else what is pending grows.
    pub fn push(&mut self, mut chunk: Bytes) {
        if self.is_broken || chunk.is_empty() {
            return;
        }
        if std::mem::take(&mut self.skips_line_feed) && chunk.first() == Some(&b'\n') {
            chunk.advance(1);
        }
        if self.pending_bytes() == 0 {
            self.chunk = chunk;
            return;
        }
        self.gather();
        self.partial.extend_from_slice(&chunk);
    }

    /// The next complete frame; `None` if there is none yet.
    ///
    /// # Errors
    /// A frame is longer than the bound. It is said once; then the stream is to be given up, and
    /// nothing more comes.
    pub fn next_frame(&mut self) -> Option<Result<Frame, WireError>> {
        let end = self.find_end();
        if end.unwrap_or(self.pending_bytes()) > self.max_frame_bytes {
            return Some(Err(self.give_up()));
        }
        let Some(end) = end else {
            self.gather();
            return None;
        };
        let raw = if self.partial.is_empty() {
            self.chunk.split_to(end)
        } else {
            self.partial.split_to(end).freeze()
        };
        self.searched = 0;
        self.line_start = 0;
        self.skips_line_feed = self.pending_bytes() == 0 && raw.ends_with(b"\r");
        Some(Ok(Frame::parse(&raw)))
    }

    /// How many bytes of an unfinished frame there are. At the end of a stream they are to be
    /// discarded, as the rules demand; that there are some shows that it broke.
    pub fn pending_bytes(&self) -> usize {
        self.chunk.len() + self.partial.len()
    }

    /// Moves what is left of the chunk to where a straddling frame is put together.
    fn gather(&mut self) {
        if !self.chunk.is_empty() {
            self.partial.extend_from_slice(&std::mem::take(&mut self.chunk));
        }
    }

    fn give_up(&mut self) -> WireError {
        self.is_broken = true;
        self.chunk = Bytes::new();
        self.partial = BytesMut::new();
        self.searched = 0;
        self.line_start = 0;
        let max = self.max_frame_bytes;
        WireError::upstream("PROXY_ERROR", format!("an event of the upstream exceeds {max} bytes"))
    }

    /// Behind the blank line that ends the first frame. Goes on where the last search stopped.
    fn find_end(&mut self) -> Option<usize> {
        let pending = if self.partial.is_empty() { &*self.chunk } else { &*self.partial };
        loop {
            let Some(hit) = memchr::memchr2(b'\n', b'\r', pending.get(self.searched..)?) else {
                self.searched = pending.len();
                return None;
            };
            let at = self.searched + hit;
            let is_blank = at == self.line_start;
            let behind = match pending.get(at..)? {
                [b'\r', b'\n', ..] => at + 2,
                // More may follow a blank CR, but the frame is complete: it must not wait.
                [b'\r'] if !is_blank => {
                    self.searched = at;
                    return None;
                }
                _ => at + 1,
            };
            if is_blank {
                return Some(behind);
            }
            self.searched = behind;
            self.line_start = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raws(chunks: &[&[u8]]) -> Vec<Bytes> {
        let mut splitter = FrameSplitter::new(1000);
        let mut raws = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::copy_from_slice(chunk));
            while let Some(frame) = splitter.next_frame() {
                raws.push(frame.unwrap().raw);
            }
        }
        raws
    }

    #[test]
    fn frames_end_at_a_blank_line_of_any_kind() {
        let frames = raws(&[b"data: a\n\ndata: b\r\n\r\ndata: c\r\r: ping\n\r\ndata: d\n"]);
        assert_eq!(frames, ["data: a\n\n", "data: b\r\n\r\n", "data: c\r\r", ": ping\n\r\n"]);
    }

    #[test]
    fn a_frame_is_given_as_soon_as_it_is_complete() {
        assert_eq!(raws(&[b"data: a\n", b"\n"]), ["data: a\n\n"]);
        assert_eq!(raws(&[b"data: a\r", b"\n\r"]), ["data: a\r\n\r"]);
        assert_eq!(raws(&[b"data: a\r"]), Vec::<Bytes>::new());
    }

    #[test]
    fn the_line_feed_of_a_cut_crlf_is_no_frame() {
        let frames = raws(&[b"data: a\r\n\r", b"\ndata: b\n\n"]);
        assert_eq!(frames, ["data: a\r\n\r", "data: b\n\n"]);
        assert_eq!(raws(&[b"data: a\r\n\r", b"", b"\n", b"\n"]), ["data: a\r\n\r", "\n"]);
    }

    #[test]
    fn a_frame_within_a_chunk_is_no_copy() {
        let chunk = Bytes::from_static(b"data: a\n\ndata: b\n\nda");
        let mut splitter = FrameSplitter::new(100);
        splitter.push(chunk.clone());
        let _ = splitter.next_frame();
        let second = splitter.next_frame().unwrap().unwrap();
        assert_eq!(second.raw.as_ptr(), chunk.slice(9..).as_ptr());
        assert!(splitter.next_frame().is_none());
        assert_eq!(splitter.pending_bytes(), 2);
    }

    #[test]
    fn a_frame_over_the_bound_is_an_error_once_whether_it_ends_or_not() {
        for text in ["data: 12345\n\n", "data: 123456"] {
            let mut splitter = FrameSplitter::new(11);
            splitter.push(Bytes::from_static(text.as_bytes()));
            assert!(splitter.next_frame().unwrap().is_err(), "{text}");
            splitter.push(Bytes::from_static(b"data: 1\n\n"));
            assert!(splitter.next_frame().is_none());
        }
        let mut splitter = FrameSplitter::new(13);
        splitter.push(Bytes::from_static(b"data: 12345\n\n"));
        assert!(splitter.next_frame().unwrap().is_ok());
    }

    #[test]
    fn chunks_pushed_without_asking_between_are_kept() {
        let mut splitter = FrameSplitter::new(100);
        splitter.push(Bytes::from_static(b"data: a\n\nda"));
        splitter.push(Bytes::from_static(b"ta: b\n\n"));
        assert_eq!(splitter.next_frame().unwrap().unwrap().data, "a");
        assert_eq!(splitter.next_frame().unwrap().unwrap().data, "b");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn cuts_change_neither_the_frames_nor_the_bytes(
            text in "(data: a|: p|id: 1|event|\r\n|\r|\n|\n\n){0,16}",
            sizes in prop::collection::vec(1usize..9, 1..5),
        ) {
            let whole = raws(&[text.as_bytes()]);
            let mut pieces: Vec<&[u8]> = Vec::new();
            let mut rest = text.as_bytes();
            for size in sizes.iter().cycle().take(text.len()) {
                let (piece, behind) = rest.split_at((*size).min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            let read = |raws: Vec<Bytes>| -> Vec<_> {
                let frames = raws.into_iter().map(|raw| Frame::parse(&raw));
                frames.map(|frame| (frame.event, frame.data, frame.id)).collect()
            };
            prop_assert!(text.as_bytes().starts_with(&whole.concat()));
            prop_assert_eq!(read(raws(&pieces)), read(whole));
        }
    }
}
