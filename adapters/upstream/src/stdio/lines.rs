//! Lines of a pipe, bounded. Nothing is lost when waiting for one is given up.

use bytes::{Buf, Bytes, BytesMut};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::fault::of_answer;

/// The lines of a pipe.
pub(super) struct Lines<R> {
    pipe: R,
    unread: BytesMut,
    /// How much of `unread` has no line break in it.
    searched: usize,
    max_bytes: usize,
    cuts: bool,
    /// Whether the rest of a line that was cut is still to come.
    skips: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of so many bytes; a longer one is a failure.
    pub(super) fn new(pipe: R, max_bytes: usize) -> Self {
        Self { pipe, unread: BytesMut::new(), searched: 0, max_bytes, cuts: false, skips: false }
    }

    /// Lines of so many bytes; a longer one is cut.
    pub(super) fn cutting(pipe: R, max_bytes: usize) -> Self {
        Self { cuts: true, ..Self::new(pipe, max_bytes) }
    }

    /// The next line without its end; `None` after the last.
    ///
    /// # Errors
    /// A line that is too long, or a pipe that broke.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, UpstreamFailure> {
        loop {
            let new = self.unread.get(self.searched..).unwrap_or_default();
            if let Some(at) = new.iter().position(|byte| *byte == b'\n') {
                let line = self.unread.split_to(self.searched + at).freeze();
                self.unread.advance(1);
                self.searched = 0;
                if std::mem::take(&mut self.skips) {
                    continue;
                }
                return Ok(Some(line));
            }
            self.searched = self.unread.len();
            if self.unread.len() > self.max_bytes {
                if !self.cuts {
                    let detail = "a message is longer than we read";
                    return Err(of_answer(FaultClass::ProtocolViolation, detail));
                }
                let mut line = self.unread.split().freeze();
                self.searched = 0;
                if !std::mem::replace(&mut self.skips, true) {
                    line.truncate(self.max_bytes);
                    return Ok(Some(line));
                }
            }
            let read = self.pipe.read_buf(&mut self.unread).await;
            match read {
                Ok(0) if self.unread.is_empty() || self.skips => return Ok(None),
                // The last line of a pipe may have no end.
                Ok(0) => {
                    self.searched = 0;
                    return Ok(Some(self.unread.split().freeze()));
                }
                Ok(_) => {}
                Err(_) => {
                    return Err(of_answer(FaultClass::Unreachable, "the program has ended"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut lines: Lines<&[u8]>) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            found.push(String::from_utf8(line.to_vec()).unwrap());
        }
        found
    }

    #[tokio::test]
    async fn lines_are_cut_at_their_ends_and_the_last_needs_none() {
        assert_eq!(all(Lines::new(b"one\n\ntwo\nthree", 100)).await, ["one", "", "two", "three"]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_fails_or_is_cut_and_the_next_is_whole() {
        assert!(Lines::new(b"123456\n".as_slice(), 3).next().await.is_ok());
        let long = b"x".repeat(50_000);
        assert!(Lines::new(long.as_slice(), 10).next().await.is_err());
        let mut text = long.clone();
        text.extend_from_slice(b"\nnext\n");
        let cut = all(Lines::cutting(text.as_slice(), 10)).await;
        assert_eq!(cut.last().unwrap(), "next");
    }
}
