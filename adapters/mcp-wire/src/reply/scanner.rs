//! Where a JSON value ends, found chunk by chunk.
//!
//! The scanner knows strings, brackets and nothing else: inside a string only quote and backslash
//! matter, outside only quotes and brackets do. That is what makes skipping fast. It trusts that
//! brackets match in kind; a reader that validates will say so if they do not.

/// Looks for the end of a string whose opening quote is already consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StringScanner {
    is_escaped: bool,
}

impl StringScanner {
    /// How many bytes of `text` still belong to the string, its closing quote included; `None` if
    /// all do and it goes on.
    pub(crate) fn scan(&mut self, text: &[u8]) -> Option<usize> {
        let mut at = usize::from(self.is_escaped && !text.is_empty());
        self.is_escaped &= text.is_empty();
        loop {
            let rest = text.get(at..)?;
            let hit = find_special(rest)?;
            let behind = at + hit + 1;
            if rest.get(hit) == Some(&b'"') {
                return Some(behind);
            }
            if behind == text.len() {
                self.is_escaped = true;
                return None;
            }
            at = behind + 1;
        }
    }
}

/// Looks for the end of one value; made from the value's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueScanner {
    /// In a number, `true`, `false` or `null`.
    Scalar,
    /// In a string.
    String(StringScanner),
    /// In an object or array, so many brackets deep.
    Container { depth: u64 },
    /// In a string somewhere inside an object or array.
    Inner { depth: u64, string: StringScanner },
}

impl ValueScanner {
    /// A scanner for the value that begins with `first`, which is already consumed; `None` if no
    /// value begins so.
    pub(crate) fn begin(first: u8) -> Option<Self> {
        match first {
            b'"' => Some(Self::String(StringScanner::default())),
            b'{' | b'[' => Some(Self::Container { depth: 1 }),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Some(Self::Scalar),
            _ => None,
        }
    }

    /// How many bytes of `text` still belong to the value; `None` if all do and it goes on.
    pub(crate) fn scan(&mut self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Scalar => text.iter().position(|byte| is_delimiter(*byte)),
            Self::String(string) => string.scan(text),
            Self::Container { depth } => {
                let depth = *depth;
                self.scan_container(text, 0, depth)
            }
            Self::Inner { depth, string } => {
                let depth = *depth;
                let behind = string.scan(text)?;
                self.scan_container(text, behind, depth)
            }
        }
    }

    /// Goes on from `at`, outside strings.
    fn scan_container(&mut self, text: &[u8], mut at: usize, mut depth: u64) -> Option<usize> {
        while let Some(hit) = skip_to_structure(text.get(at..)?, &mut depth) {
            at += hit.behind;
            if !hit.is_quote {
                return Some(at);
            }
            let mut string = StringScanner::default();
            let Some(behind) = string.scan(text.get(at..)?) else {
                *self = Self::Inner { depth, string };
                return None;
            };
            at += behind;
        }
        *self = Self::Container { depth };
        None
    }
}

/// What stands between values, or closes what they are in.
pub(crate) fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b':') || is_whitespace(byte)
}

/// What JSON calls whitespace.
pub(crate) fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The first quote or backslash. Most strings of a tool list are short, and text that quotes JSON
/// has a backslash every few bytes: there a plain loop beats the set-up of a wide search.
fn find_special(text: &[u8]) -> Option<usize> {
    const NEAR_BYTES: usize = 16;
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\');
    if let Some(hit) = text.iter().take(NEAR_BYTES).position(is_special) {
        return Some(hit);
    }
    let far = text.get(NEAR_BYTES..)?;
    Some(NEAR_BYTES + memchr::memchr2(b'"', b'\\', far)?)
}

/// What [`skip_to_structure`] stopped at.
struct Hit {
    behind: usize,
    is_quote: bool,
}

/// Goes behind the next quote, or behind the bracket that ends the value, counting brackets.
fn skip_to_structure(text: &[u8], depth: &mut u64) -> Option<Hit> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'"' => return Some(Hit { behind: at + 1, is_quote: true }),
            b'{' | b'[' => *depth = depth.saturating_add(1),
            b'}' | b']' => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(Hit { behind: at + 1, is_quote: false });
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of the value at the start of `text`, fed in pieces of `piece` bytes.
    fn length(text: &str, piece: usize) -> Option<usize> {
        let (first, rest) = text.as_bytes().split_first()?;
        let mut scanner = ValueScanner::begin(*first)?;
        let mut before = 1;
        for piece in rest.chunks(piece) {
            match scanner.scan(piece) {
                Some(end) => return Some(before + end),
                None => before += piece.len(),
            }
        }
        None
    }

    #[test]
    fn a_value_ends_where_json_says_however_it_is_cut() {
        let values = [
            "-1.50e+400",
            "true",
            r#""a\"b\\""#,
            r#""\\\\\"""#,
            r#""""#,
            "{}",
            r#"[{"a":"]}\"","b":["\\"]},"}",[[]]]"#,
            r#"{"\"}":{"a":[]}}"#,
        ];
        for value in values {
            for piece in 1..=value.len() + 2 {
                let text = format!("{value},\"x\":1}}");
                assert_eq!(length(&text, piece), Some(value.len()), "{value} by {piece}");
            }
        }
    }

    #[test]
    fn an_unfinished_value_has_no_end() {
        for text in ["12", r#""a"#, r#""a\"#, r#""\""#, "[", r#"{"a":"}"#, r#"[{"a":1}"#] {
            for piece in 1..=text.len() {
                assert_eq!(length(text, piece), None, "{text} by {piece}");
            }
        }
    }

    #[test]
    fn no_value_begins_with_a_delimiter() {
        for first in *b",}]:x +" {
            assert_eq!(ValueScanner::begin(first), None);
        }
    }
}
