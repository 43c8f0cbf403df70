//! Lines that end in LF, CRLF or CR.

/// The lines of a text, without their ends. A text that ends in a line end has one empty line more,
/// so joining the lines with LF gives the text back (with LF for every line end).
pub(super) struct Lines<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    /// The lines of `text`: at least one.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { rest: Some(text) }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.take()?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', text) else { return Some(text) };
        let (line, behind) = text.split_at_checked(end)?;
        self.rest = behind.strip_prefix(b"\r\n").or(behind.get(1..));
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_parts_lines() {
        let lines: Vec<_> = Lines::new(b"a\nb\r\nc\r\rd\n").collect();
        assert_eq!(lines, [&b"a"[..], b"b", b"c", b"", b"d", b""]);
        assert_eq!(Lines::new(b"").collect::<Vec<_>>(), [b""]);
    }
}
