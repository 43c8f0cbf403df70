//! The groups that somebody is in, as far as it can be told.

use serde::{Deserialize, Serialize};

/// Ids of somebody's groups. Nobody is in a group of which nothing is known, and nobody is outside of
/// it either: what gives something asks [`Groups::includes`], what takes something away asks
/// [`Groups::may_include`]. As JSON a list, or `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Vec<String>>", into = "Option<Vec<String>>")]
pub enum Groups {
    /// All of them.
    Known(Vec<String>),
    /// They did not fit in a token, and whoever knows them could not be asked.
    Unknown,
}

impl Groups {
    /// Whether it is certain that somebody is in a group; ids are compared without case.
    pub fn includes(&self, group: &str) -> bool {
        match self {
            Self::Known(groups) => groups.iter().any(|own| own.eq_ignore_ascii_case(group)),
            Self::Unknown => false,
        }
    }

    /// Whether it cannot be excluded that somebody is in a group.
    pub fn may_include(&self, group: &str) -> bool {
        matches!(self, Self::Unknown) || self.includes(group)
    }

    /// Whether it is certain that there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Known(groups) if groups.is_empty())
    }
}

impl Default for Groups {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

impl From<Vec<String>> for Groups {
    fn from(groups: Vec<String>) -> Self {
        Self::Known(groups)
    }
}

impl From<Option<Vec<String>>> for Groups {
    fn from(groups: Option<Vec<String>>) -> Self {
        groups.map_or(Self::Unknown, Self::Known)
    }
}

impl From<Groups> for Option<Vec<String>> {
    fn from(groups: Groups) -> Self {
        match groups {
            Groups::Known(groups) => Some(groups),
            Groups::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_neither_a_membership_nor_none() {
        let known = Groups::from(vec!["OPS".to_owned()]);
        assert!(known.includes("ops") && known.may_include("ops"));
        assert!(!known.includes("dev") && !known.may_include("dev"));
        assert!(!Groups::Unknown.includes("ops") && Groups::Unknown.may_include("ops"));
        assert!(Groups::default().is_empty() && !Groups::Unknown.is_empty());
    }

    #[test]
    fn what_is_kept_of_them_reads_back() {
        for (groups, json) in
            [(Groups::from(vec!["g".to_owned()]), r#"["g"]"#), (Groups::Unknown, "null")]
        {
            assert_eq!(serde_json::to_string(&groups).unwrap(), json);
            assert_eq!(serde_json::from_str::<Groups>(json).unwrap(), groups);
        }
    }
}
