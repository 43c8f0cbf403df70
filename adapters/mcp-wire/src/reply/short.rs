//! A short text put together from pieces, in a fixed bound.

/// The longest text that is kept whole.
const MAX_BYTES: usize = 64;

/// Up to 64 bytes of text; of a longer one it is only known that it was longer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ShortText {
    bytes: [u8; MAX_BYTES],
    len: usize,
    is_cut: bool,
}

impl ShortText {
    /// An empty one.
    pub(super) const fn new() -> Self {
        Self { bytes: [0; MAX_BYTES], len: 0, is_cut: false }
    }

    /// This text.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut short = Self::new();
        short.push(text);
        short
    }

    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        let end = self.len.saturating_add(piece.len());
        match self.bytes.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.len = end;
            }
            None => self.is_cut = true,
        }
    }

    /// The text; `None` if it was too long.
    pub(super) fn get(&self) -> Option<&[u8]> {
        if self.is_cut { None } else { self.bytes.get(..self.len) }
    }
}

impl std::fmt::Debug for ShortText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.get().map(String::from_utf8_lossy);
        out.debug_tuple("ShortText").field(&text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole_or_known_to_be_cut() {
        let mut short = ShortText::of(&[b'a'; 60]);
        short.push(b"bcde");
        assert_eq!(short.get().unwrap().len(), 64);
        short.push(b"f");
        assert_eq!(short.get(), None);
        short.push(b"");
        assert_eq!(short.get(), None, "once cut, always cut");
        assert_eq!(ShortText::of(b"").get(), Some(&b""[..]));
    }
}
