//! Field rules: what a violated one is called, and the checks that several fields share.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// One step into a document: a member's name or a position in an array.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// A member of an object.
    Member(Cow<'static, str>),
    /// A position in an array, from zero.
    Position(usize),
}

/// A field that broke one of its rules, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where the field is, from the outermost member inwards.
    pub path: Vec<Step>,
    /// The rule's stable name, for programs: `string_too_long`, `url_scheme`, …
    pub rule: &'static str,
    /// What the rule asks, for people.
    pub message: String,
}

impl Violation {
    /// A violation of a top-level field.
    pub fn at(field: &'static str, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: vec![Step::Member(Cow::Borrowed(field))], rule, message: message.into() }
    }

    /// The same violation seen from one level further out.
    #[must_use]
    pub fn inside(mut self, outer: &[Step]) -> Self {
        self.path.splice(0..0, outer.iter().cloned());
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.path.iter().enumerate() {
            match step {
                Step::Member(name) if depth == 0 => write!(out, "{name}")?,
                Step::Member(name) => write!(out, ".{name}")?,
                Step::Position(index) => write!(out, "[{index}]")?,
            }
        }
        write!(out, " {}", self.message)
    }
}

/// Collects the violations of one command, so that the answer names all of them at once.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// Keeps the value, or notes what was wrong with it.
    pub fn take<T>(&mut self, parsed: Result<T, Violation>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(violation) => {
                self.0.push(violation);
                None
            }
        }
    }

    /// Notes a violation.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Everything noted so far.
    pub fn into_inner(self) -> Vec<Violation> {
        self.0
    }

    /// How many were noted so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether a character changes how the text around it looks, or is not to be seen at all: control
/// characters, line and paragraph separators, the zero-width space, and what turns the direction
/// of writing (UAX #9 §2). The zero-width joiner and non-joiner are none of them: Persian and
/// Indic scripts and composed emoji are spelled with them.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// Accepts text of `min` to `max` characters (not bytes), not blank where `min` > 0, and without
/// [unprintable](is_unprintable) ones: such text can be shown in a list, a log line or a page
/// without surprises, and reads as what it is.
///
/// # Errors
/// A [`Violation`] on `field` that states the rule.
pub fn printable(
    field: &'static str,
    text: &str,
    min: usize,
    max: usize,
) -> Result<String, Violation> {
    bounded(field, text, min, max)?;
    if min > 0 && text.trim().is_empty() {
        return Err(Violation::at(field, "string_blank", "must not be blank"));
    }
    if text.chars().any(is_unprintable) {
        return Err(Violation::at(
            field,
            "string_not_printable",
            "must not contain control characters or invisible formatting characters",
        ));
    }
    Ok(text.to_owned())
}

/// Accepts prose: like [`printable`], but line breaks and tabs are welcome.
///
/// # Errors
/// A [`Violation`] on `field` that states the rule.
pub fn prose(field: &'static str, text: &str, max: usize) -> Result<String, Violation> {
    bounded(field, text, 0, max)?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Violation::at(
            field,
            "string_not_printable",
            "must not contain control characters other than line breaks and tabs",
        ));
    }
    Ok(text.to_owned())
}

fn bounded(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), Violation> {
    let chars = text.chars().count();
    if chars < min {
        return Err(Violation::at(
            field,
            "string_too_short",
            format!("must be {min} to {max} characters long, got {chars}"),
        ));
    }
    if chars > max {
        return Err(Violation::at(
            field,
            "string_too_long",
            format!("must be at most {max} characters long, got {chars}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(printable("name", &"é".repeat(100), 1, 100).is_ok());
        let refused = printable("name", &"é".repeat(101), 1, 100).unwrap_err();
        assert_eq!(refused.rule, "string_too_long");
    }

    #[test]
    fn blank_and_control_characters_are_refused_by_name() {
        assert_eq!(printable("name", "   ", 3, 9).unwrap_err().rule, "string_blank");
        assert_eq!(printable("name", "a\u{0}bc", 1, 9).unwrap_err().rule, "string_not_printable");
        assert!(prose("text", "two\nlines", 20).is_ok());
    }

    #[test]
    fn characters_that_hide_or_turn_others_are_refused_but_joiners_are_not() {
        for c in "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}"
            .chars()
        {
            let refused = printable("name", &format!("abc{c}"), 1, 9).unwrap_err();
            assert_eq!(refused.rule, "string_not_printable", "{c:?}");
        }
        for text in ["نمی\u{200c}خواهم", "👩\u{200d}💻", "שלום", "n\u{303}"] {
            assert!(printable("name", text, 1, 9).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_nested_violation_reads_like_a_path() {
        let outer = [Step::Member("available_tools".into()), Step::Position(2)];
        let shown = Violation::at("name", "string_blank", "must not be blank").inside(&outer);
        assert_eq!(shown.to_string(), "available_tools[2].name must not be blank");
    }
}
