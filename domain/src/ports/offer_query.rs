//! Finding servers by what they offer.

use crate::caller::TenantScope;
use crate::field::Violation;
use crate::manifest::{Definition, DefinitionKind};
use crate::server::HealthStatus;

use super::Include;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferKind {
    /// Tools, by name.
    Tools,
    /// Resources and resource templates, by URI or URI template.
    Resources,
}

impl OfferKind {
    /// Whether a definition is one.
    pub const fn includes(self, kind: DefinitionKind) -> bool {
        self.include().wants(kind)
    }

    /// The definitions that belong to it.
    pub const fn include(self) -> Include {
        Include { tools: matches!(self, Self::Tools), resources: matches!(self, Self::Resources) }
    }

    /// The query parameter that names them.
    const fn parameter(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
        }
    }
}

/// How many of the names a server must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// All of them.
    All,
    /// At least one.
    Any,
}

impl Matching {
    /// The inverse of what a query says: `all` or `any`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Self::All),
            "any" => Some(Self::Any),
            _ => None,
        }
    }
}

/// A name that is looked for, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePattern {
    /// This name.
    Exact(String),
    /// A name like this one, in which `*` stands for any text.
    Glob(String),
    /// A name with this text in it.
    Contains(String),
}

impl NamePattern {
    /// The longest text, in characters.
    pub const MAX_CHARS: usize = Definition::MAX_NAME_CHARS;

    /// What a client means by a text. A tool has its whole name, a resource's may be any part of
    /// its URI; with `*` in it a text is a pattern.
    ///
    /// # Errors
    /// A [`Violation`] on `tools` or `resources` that states the rule.
    pub fn parse(kind: OfferKind, text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        let text = crate::field::printable(kind.parameter(), text, 1, Self::MAX_CHARS)?;
        Ok(match kind {
            _ if text.contains('*') => Self::Glob(text),
            OfferKind::Tools => Self::Exact(text),
            OfferKind::Resources => Self::Contains(text),
        })
    }

    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(wanted) => wanted == name,
            Self::Contains(part) => name.contains(part.as_str()),
            Self::Glob(pattern) => glob_matches(pattern, name),
        }
    }
}

/// Whether the texts between the stars stand in the name in their order, the first at its
/// beginning and the last at its end.
fn glob_matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

/// Which servers to find by what they offer, and which of their definitions to show.
#[derive(Debug, Clone)]
pub struct OfferQuery {
    /// What is looked for.
    pub kind: OfferKind,
    /// The names.
    pub names: Vec<NamePattern>,
    /// How many of them a server must have.
    pub matching: Matching,
    /// Of these tenants.
    pub tenant: TenantScope,
    /// With this status.
    pub health: Option<HealthStatus>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// At most so many, by name.
    pub limit: u32,
}

impl OfferQuery {
    /// The most names of one question.
    pub const MAX_NAMES: usize = 50;

    /// Whether a definition is among those looked for.
    pub fn means(&self, definition: &Definition) -> bool {
        self.kind.includes(definition.kind)
            && self.names.iter().any(|pattern| pattern.matches(&definition.name))
    }

    /// Whether a server with these definitions has as many of the names as are asked for.
    pub fn is_met_by(&self, definitions: &[Definition]) -> bool {
        let has = |pattern: &NamePattern| {
            definitions.iter().any(|one| self.kind.includes(one.kind) && pattern.matches(&one.name))
        };
        match self.matching {
            Matching::All => self.names.iter().all(has),
            Matching::Any => self.names.iter().any(has),
        }
    }

    /// Refuses a question without names, or with too many.
    ///
    /// # Errors
    /// A [`Violation`] on `tools` or `resources` that states the rule.
    pub fn check(&self) -> Result<(), Violation> {
        let refuse = |rule, message: &str| Violation::at(self.kind.parameter(), rule, message);
        match self.names.len() {
            0 => Err(refuse("missing", "must name at least one")),
            1..=Self::MAX_NAMES => Ok(()),
            _ => Err(refuse("too_long", "must be at most 50 names")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_and_everything_else_for_itself() {
        for (pattern, name, expected) in [
            ("read_*", "read_file", true),
            ("read_*", "Read_file", false),
            ("*file*", "read_files", true),
            ("r*d*e", "read_file", true),
            ("r*d*e", "ride", true),
            ("r*d*e", "ridi", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("read_?", "read_a", false),
            ("a%*", "ab", false),
        ] {
            assert_eq!(
                NamePattern::Glob(pattern.into()).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn a_tool_is_named_whole_and_a_resource_by_a_part_of_its_uri() {
        let tool = NamePattern::parse(OfferKind::Tools, " read ").unwrap();
        assert_eq!(tool, NamePattern::Exact("read".into()));
        let resource = NamePattern::parse(OfferKind::Resources, "file://").unwrap();
        assert_eq!(resource, NamePattern::Contains("file://".into()));
        assert!(resource.matches("file:///{path}"));
        let glob = NamePattern::parse(OfferKind::Tools, "re*").unwrap();
        assert_eq!(glob, NamePattern::Glob("re*".into()));
        assert!(NamePattern::parse(OfferKind::Tools, " ").is_err());
    }
}
