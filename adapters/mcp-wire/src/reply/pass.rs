//! One pass over one chunk: what is read, and what of it is passed on.
//!
//! Bytes are passed on in runs, not one by one: the pass remembers up to where it has copied.

use bytes::BytesMut;

/// Where edited bytes go.
pub(super) trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for BytesMut {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// For a reader who only wants to know, and passes the chunks on itself.
pub(super) struct Discard;

impl Sink for Discard {
    fn put(&mut self, _bytes: &[u8]) {}
}

/// A place in a chunk and in what is made of it.
pub(super) struct Pass<'c, S> {
    chunk: &'c [u8],
    at: usize,
    copied: usize,
    is_silent: bool,
    out: &'c mut S,
}

impl<'c, S: Sink> Pass<'c, S> {
    /// At the start of a chunk, silent if the chunk before ended in something that is dropped.
    pub(super) fn new(chunk: &'c [u8], is_silent: bool, out: &'c mut S) -> Self {
        Self { chunk, at: 0, copied: 0, is_silent, out }
    }

    /// What is not yet read.
    pub(super) fn rest(&self) -> &'c [u8] {
        self.chunk.get(self.at..).unwrap_or_default()
    }

    /// Reads so many bytes; they are passed on unless the pass is silent.
    pub(super) fn read(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.chunk.len());
    }

    /// Reads all that is left.
    pub(super) fn read_all(&mut self) {
        self.at = self.chunk.len();
    }

    /// Puts bytes of ours behind all that was read.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.flush();
        self.out.put(bytes);
    }

    /// From here on, what is read is dropped (or held, by someone else).
    pub(super) fn silence(&mut self) {
        self.flush();
        self.is_silent = true;
    }

    /// From here on, what is read is passed on.
    pub(super) fn speak(&mut self) {
        self.flush();
        self.is_silent = false;
    }

    /// Whether what is read is dropped.
    pub(super) fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Passes on what was read.
    pub(super) fn flush(&mut self) {
        if !self.is_silent && self.copied < self.at {
            self.out.put(self.chunk.get(self.copied..self.at).unwrap_or_default());
        }
        self.copied = self.at;
    }
}
