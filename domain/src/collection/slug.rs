//! The name of a collection in its address.

use std::fmt;

use crate::field::Violation;

/// The last part of `/collections/{slug}`: unique within a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// The longest one, in characters.
    pub const MAX_CHARS: usize = 63;

    /// Accepts `[a-z0-9][a-z0-9-]{0,62}`.
    ///
    /// # Errors
    /// A [`Violation`] on `slug` that states the rule.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_well_formed = !text.is_empty()
            && text.len() <= Self::MAX_CHARS
            && !text.starts_with('-')
            && text.chars().all(allowed);
        if is_well_formed {
            Ok(Self(text.to_owned()))
        } else {
            let message = "must match [a-z0-9][a-z0-9-]{0,62}";
            Err(Violation::at("slug", "string_pattern_mismatch", message))
        }
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
