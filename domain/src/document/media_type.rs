//! What a file is: its bytes say whether it is a picture, a PDF or text, and its name which kind of
//! text.

use serde::de::IgnoredAny;

use super::filename::ending;

/// What documents may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// PDF.
    Pdf,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// HTML; given out as a file to keep, never as a page.
    Html,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
}

/// Why a file is none of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Its name says that it is something else.
    #[error("documents are .md, .txt, .pdf, .json, .yaml, .html, .png or .jpg files")]
    Ending,
    /// It is neither text nor one of the others.
    #[error("the content is neither UTF-8 text nor PDF, PNG or JPEG")]
    Content,
    /// Content and name say different things.
    #[error("the content is not what the file's name says")]
    Contradiction,
    /// It is called JSON, and is none.
    #[error("the content is not JSON, as the file's name says")]
    NotJson,
}

/// Every type, with the endings that stand for it.
const ENDINGS: [(MediaType, &[&str]); 8] = [
    (MediaType::Markdown, &["md", "markdown"]),
    (MediaType::Text, &["txt", "text"]),
    (MediaType::Pdf, &["pdf"]),
    (MediaType::Json, &["json"]),
    (MediaType::Yaml, &["yaml", "yml"]),
    (MediaType::Html, &["html", "htm"]),
    (MediaType::Png, &["png"]),
    (MediaType::Jpeg, &["jpg", "jpeg"]),
];

/// How files begin that are not text.
const MAGIC: [(MediaType, &[u8]); 3] = [
    (MediaType::Pdf, b"%PDF-"),
    (MediaType::Png, b"\x89PNG\r\n\x1a\n"),
    (MediaType::Jpeg, b"\xff\xd8\xff"),
];

impl MediaType {
    /// The type's name over HTTP and in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown",
            Self::Text => "text/plain",
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Html => "text/html",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// The inverse of [`MediaType::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        ENDINGS.into_iter().map(|(kind, _)| kind).find(|kind| kind.as_str() == text)
    }

    /// Whether its bytes are UTF-8 text.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Markdown | Self::Text | Self::Json | Self::Yaml | Self::Html)
    }

    /// Says what a file is. The bytes decide; the name decides between kinds of text alone, and may
    /// not contradict the bytes. Without an ending text is plain text.
    ///
    /// # Errors
    /// [`Unsupported`] with the reason.
    pub fn judge(filename: &str, content: &[u8]) -> Result<Self, Unsupported> {
        let named = match ending(filename) {
            None => None,
            Some(ending) => Some(by_ending(&ending).ok_or(Unsupported::Ending)?),
        };
        let found = MAGIC.into_iter().find(|(_, magic)| content.starts_with(magic));
        match (found, named) {
            (Some((found, _)), None) => Ok(found),
            (Some((found, _)), Some(named)) if found == named => Ok(found),
            (Some(_), Some(_)) => Err(Unsupported::Contradiction),
            (None, _) if !is_readable(content) => Err(Unsupported::Content),
            (None, Some(named)) if !named.is_text() => Err(Unsupported::Contradiction),
            (None, Some(Self::Json)) => serde_json::from_slice::<IgnoredAny>(content)
                .map(|_| Self::Json)
                .map_err(|_| Unsupported::NotJson),
            (None, named) => Ok(named.unwrap_or(Self::Text)),
        }
    }
}

fn by_ending(ending: &str) -> Option<MediaType> {
    let found = ENDINGS.into_iter().find(|(_, endings)| endings.contains(&ending));
    found.map(|(kind, _)| kind)
}

/// Whether bytes are UTF-8 without the control characters that no text has.
fn is_readable(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else { return false };
    let is_layout = |c| matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    !text.chars().any(|c| c.is_control() && !is_layout(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
    const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

    #[test]
    fn the_bytes_say_what_a_picture_or_a_pdf_is() {
        for (name, content, is) in [
            ("a.png", PNG, MediaType::Png),
            ("a.JPG", JPEG, MediaType::Jpeg),
            ("a.jpeg", JPEG, MediaType::Jpeg),
            ("a.pdf", PDF, MediaType::Pdf),
            ("scan", PDF, MediaType::Pdf),
        ] {
            assert_eq!(MediaType::judge(name, content), Ok(is), "{name}");
        }
    }

    #[test]
    fn the_name_says_which_kind_of_text() {
        for (name, content, is) in [
            ("a.md", "# Führung", MediaType::Markdown),
            ("a.txt", "\u{feff}one\ttwo\r\n", MediaType::Text),
            ("README", "read me", MediaType::Text),
            ("a.yml", "a: 1", MediaType::Yaml),
            ("a.html", "<script>alert(1)</script>", MediaType::Html),
            ("a.json", " {\"a\": [1, 2.5e3]} ", MediaType::Json),
            // Markdown may have HTML in it.
            ("b.md", "<script>alert(1)</script>", MediaType::Markdown),
        ] {
            assert_eq!(MediaType::judge(name, content.as_bytes()), Ok(is), "{name}");
        }
    }

    #[test]
    fn a_name_that_the_bytes_contradict_is_refused() {
        for (name, content) in [
            ("a.png", &b"<html><script>alert(1)</script>"[..]),
            ("a.pdf", PNG),
            ("a.md", PNG),
            ("a.html", PDF),
            ("a.jpg", b"plain text"),
        ] {
            assert_eq!(MediaType::judge(name, content), Err(Unsupported::Contradiction), "{name}");
        }
    }

    #[test]
    fn what_is_neither_text_nor_one_of_the_others_is_refused() {
        for content in [&b"MZ\x90\0\x03"[..], b"\x7fELF", b"GIF89a\x01\0", b"caf\xe9", b"a\0b"] {
            assert_eq!(MediaType::judge("a.txt", content), Err(Unsupported::Content));
            assert_eq!(MediaType::judge("a", content), Err(Unsupported::Content));
        }
        for name in ["a.svg", "a.js", "a.exe", "a.png.exe", "a.docx", "a."] {
            assert_eq!(MediaType::judge(name, b"<svg/>"), Err(Unsupported::Ending), "{name}");
        }
        for content in ["", "{", "{} {}", "\u{feff}{}", "nothing"] {
            let judged = MediaType::judge("a.json", content.as_bytes());
            assert_eq!(judged, Err(Unsupported::NotJson), "{content}");
        }
    }

    #[test]
    fn every_type_is_read_back_by_its_name() {
        for (kind, _) in ENDINGS {
            assert_eq!(MediaType::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MediaType::parse("image/svg+xml"), None);
    }

    proptest! {
        #[test]
        fn what_is_called_text_is_text(name in "[a-z]{1,5}(\\.(md|txt|html|json|yaml|png))?",
                                       content in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(kind) = MediaType::judge(&name, &content) {
                prop_assert_eq!(kind.is_text(), std::str::from_utf8(&content).is_ok());
            }
        }
    }
}
