//! Bytes whose fate is not yet known: a comma, the whitespace behind it, and a key.

/// Room for whitespace: what is more is passed on at once, before the comma.
const MAX_SPACE_BYTES: usize = 62;
/// Room for all: a comma and whitespace, and a key of 64 bytes between its quotes. A key of ours
/// has ten letters, sixty bytes if each is escaped.
const MAX_BYTES: usize = MAX_SPACE_BYTES + 66;

/// A small buffer with a fixed bound.
#[derive(Debug, Clone)]
pub(super) struct Held {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

impl Held {
    /// An empty one.
    pub(super) const fn new() -> Self {
        Self { bytes: [0; MAX_BYTES], len: 0 }
    }

    /// Adds bytes; false, and nothing is added, if there is no room.
    pub(super) fn push(&mut self, more: &[u8]) -> bool {
        let end = self.len + more.len();
        match self.bytes.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(more);
                self.len = end;
                true
            }
            None => false,
        }
    }

    /// Adds whitespace, leaving room for a key; false if there is no room.
    pub(super) fn push_space(&mut self, more: &[u8]) -> bool {
        self.len + more.len() <= MAX_SPACE_BYTES && self.push(more)
    }

    /// What is held.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// What is held from `start` on.
    pub(super) fn bytes_from(&self, start: usize) -> &[u8] {
        self.bytes().get(start..).unwrap_or_default()
    }

    /// How many bytes are held.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_never_takes_the_room_of_a_key() {
        let mut held = Held::new();
        assert!(held.push(b","));
        assert!(held.push_space(&[b' '; 61]));
        assert!(!held.push_space(b" "));
        assert!(held.push(&[b'k'; 66]));
        assert!(!held.push(b"k"));
        assert_eq!(held.len(), 128);
        assert_eq!(held.bytes_from(62), [b'k'; 66]);
        held.clear();
        assert_eq!(held.bytes(), b"");
    }
}
