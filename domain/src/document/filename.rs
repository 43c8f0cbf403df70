//! Names of files: what a stranger's name may be to ours.

use crate::field::{Violation, printable};

/// The longest name, in characters.
const MAX_CHARS: usize = 255;

/// The name alone: browsers of old, and attackers, send folders with it. Dots and spaces around it
/// go too, as Windows leaves them out and `..` is a folder.
///
/// # Errors
/// A [`Violation`] on `file` that states the rule.
pub(super) fn bare(text: &str) -> Result<String, Violation> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).trim_start();
    if name.is_empty() {
        return Err(Violation::at("file", "filename_missing", "must have a file name"));
    }
    printable("file", name, 1, MAX_CHARS).map_err(|violation| Violation {
        message: format!("has a file name that {}", violation.message),
        ..violation
    })
}

/// What follows the last dot, in lower case. A name that only begins with a dot has none.
pub(super) fn ending(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty()).then(|| ending.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_what_windows_leaves_out_are_no_part_of_a_name() {
        for (sent, kept) in [
            ("guide.md", "guide.md"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\guide.md", "guide.md"),
            ("/a/b\\c/guide.md. . ", "guide.md"),
            (" Führung – 指南.md", "Führung – 指南.md"),
            (".profile", ".profile"),
        ] {
            assert_eq!(bare(sent).as_deref(), Ok(kept), "{sent:?}");
        }
    }

    #[test]
    fn a_name_that_is_none_or_cannot_be_shown_is_refused() {
        for (sent, rule) in [
            ("", "filename_missing"),
            ("..", "filename_missing"),
            ("folder/", "filename_missing"),
            (" . ", "filename_missing"),
            ("gui\u{0}de.md", "string_not_printable"),
            ("a\r\nSet-Cookie: x.md", "string_not_printable"),
            ("annexe\u{202e}dm.exe", "string_not_printable"),
            (&"é".repeat(256), "string_too_long"),
        ] {
            assert_eq!(bare(sent).unwrap_err().rule, rule, "{sent:?}");
        }
        assert!(bare(&"é".repeat(255)).is_ok());
    }

    #[test]
    fn an_ending_is_what_follows_the_last_dot() {
        assert_eq!(ending("a.tar.GZ").as_deref(), Some("gz"));
        assert_eq!(ending("README"), None);
        assert_eq!(ending(".md"), None);
    }
}
