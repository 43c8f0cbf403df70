//! Edits being gathered for one message, in any order.

use std::borrow::Cow;
use std::ops::Range;

use super::{Edit, range_of, replace_string};

/// Edits being gathered for one message.
pub(super) struct Edits<'m> {
    message: &'m [u8],
    edits: Vec<Edit<'static>>,
}

impl<'m> Edits<'m> {
    /// None yet.
    pub(super) fn new(message: &'m [u8]) -> Self {
        Self { message, edits: Vec::with_capacity(6) }
    }

    /// The message that they are for.
    pub(super) fn message(&self) -> &'m [u8] {
        self.message
    }

    /// Replaces a part of the message.
    pub(super) fn replace(&mut self, old: &str, new: String) -> Option<()> {
        let range = range_of(self.message, old.as_bytes())?;
        self.edits.push(Edit { range, replacement: Cow::Owned(new.into_bytes()) });
        Some(())
    }

    /// Makes a JSON string of the message say `new`; `None` if it is no string.
    pub(super) fn replace_string(&mut self, old: &str, new: &str) -> Option<()> {
        self.edits.push(replace_string(self.message, old, new)?);
        Some(())
    }

    /// Takes a span out.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.edits.push(Edit { range, replacement: Cow::Borrowed(&[]) });
    }

    /// Adds a member (`"key":value`) to an object of the message, behind its last value.
    pub(super) fn add_member(
        &mut self,
        object: &str,
        last: Option<&str>,
        member: &str,
    ) -> Option<()> {
        let at = if let Some(last) = last {
            range_of(self.message, last.as_bytes())?.end
        } else {
            let start = range_of(self.message, object.as_bytes())?.start;
            start.checked_add(object.find('{')?)?.checked_add(1)?
        };
        let is_second = self.edits.iter().any(|edit| edit.range == (at..at));
        let comma = if last.is_some() || is_second { "," } else { "" };
        let replacement = Cow::Owned(format!("{comma}{member}").into_bytes());
        self.edits.push(Edit { range: at..at, replacement });
        Some(())
    }

    /// All of them, in order.
    pub(super) fn into_sorted(mut self) -> Vec<Edit<'static>> {
        self.edits.sort_by_key(|edit| edit.range.start);
        self.edits
    }
}
