//! What differs between a manifest that was pinned and one that was seen later.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Definition, DefinitionKind, Manifest};

/// What an operator wants of definitions that are not what was pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DriftPolicy {
    /// They are neither listed nor callable until an administrator accepts them.
    Withhold,
    /// They are served as they were pinned, and the difference is shown.
    Flag,
}

impl DriftPolicy {
    /// The policy's name in settings and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Withhold => "withhold",
            Self::Flag => "flag",
        }
    }

    /// The inverse of [`DriftPolicy::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Withhold, Self::Flag].into_iter().find(|policy| policy.as_str() == text)
    }
}

/// An upstream that offers something else than what was pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What it offers.
    pub seen: Manifest,
    /// When that was seen first.
    pub since: Timestamp,
    /// Whether an administrator refused it: it stays withheld, and nobody is told again.
    pub refused: bool,
}

/// The difference, definition by definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Seen, but not pinned.
    pub added: Vec<&'a Definition>,
    /// Pinned and seen, with other contents: what was pinned, then what was seen.
    pub changed: Vec<(&'a Definition, &'a Definition)>,
    /// Pinned, but not seen.
    pub dropped: Vec<&'a Definition>,
}

type Named<'a> = HashMap<(DefinitionKind, &'a str), &'a Definition>;

fn by_name(manifest: &Manifest) -> Named<'_> {
    manifest
        .definitions()
        .iter()
        .map(|definition| ((definition.kind, definition.name.as_str()), definition))
        .collect()
}

impl<'a> Difference<'a> {
    /// What differs between the two; each part in the order of the manifest that it is from.
    pub fn between(pinned: &'a Manifest, seen: &'a Manifest) -> Self {
        let (before, after) = (by_name(pinned), by_name(seen));
        let key = |definition: &'a Definition| (definition.kind, definition.name.as_str());
        let added = seen.definitions().iter().filter(|one| !before.contains_key(&key(one)));
        let dropped = pinned.definitions().iter().filter(|one| !after.contains_key(&key(one)));
        let changed = pinned.definitions().iter().filter_map(|one| {
            let other = after.get(&key(one))?;
            (one.digest != other.digest).then_some((one, *other))
        });
        Self { added: added.collect(), changed: changed.collect(), dropped: dropped.collect() }
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.dropped.is_empty()
    }
}

impl Drift {
    /// The names of the pinned definitions that are now something else.
    pub fn withheld(&self, pinned: &Manifest) -> HashSet<(DefinitionKind, String)> {
        Difference::between(pinned, &self.seen)
            .changed
            .into_iter()
            .map(|(definition, _)| (definition.kind, definition.name.clone()))
            .collect()
    }

    /// Leaves of some pinned definitions those that are not something else now.
    pub fn withhold_from(&self, definitions: &mut Vec<Definition>) {
        let seen = by_name(&self.seen);
        definitions.retain(|one| {
            let now = seen.get(&(one.kind, one.name.as_str()));
            now.is_none_or(|now| now.digest == one.digest)
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn tool(name: &str, says: u8) -> Definition {
        let raw = format!(r#"{{"name":"{name}","description":"{says}"}}"#);
        Definition::parse(DefinitionKind::Tool, Bytes::from(raw)).unwrap()
    }

    fn names(definitions: &[&Definition]) -> Vec<String> {
        definitions.iter().map(|definition| definition.name.clone()).collect()
    }

    #[test]
    fn what_was_added_changed_and_dropped_is_told_apart() {
        let pinned = Manifest::new([tool("same", 1), tool("other", 1), tool("gone", 1)]);
        let seen = Manifest::new([tool("new", 1), tool("other", 2), tool("same", 1)]);
        let difference = Difference::between(&pinned, &seen);
        assert_eq!(names(&difference.added), ["new"]);
        assert_eq!(names(&difference.dropped), ["gone"]);
        let [(before, after)] = difference.changed.as_slice() else { panic!("{difference:?}") };
        assert_eq!((**before).clone(), tool("other", 1));
        assert_eq!((**after).clone(), tool("other", 2));
        let drift = Drift { seen: seen.clone(), since: Timestamp::UNIX_EPOCH, refused: false };
        let withheld: Vec<_> = drift.withheld(&pinned).into_iter().collect();
        assert_eq!(withheld, [(DefinitionKind::Tool, "other".to_owned())]);
    }

    #[test]
    fn another_kind_of_the_same_name_is_another_definition() {
        let prompt =
            Definition::parse(DefinitionKind::Prompt, Bytes::from_static(br#"{"name":"a"}"#));
        let (pinned, seen) = (Manifest::new([tool("a", 1)]), Manifest::new([prompt.unwrap()]));
        let difference = Difference::between(&pinned, &seen);
        assert_eq!(
            (names(&difference.added), names(&difference.dropped)),
            (vec!["a".into()], vec!["a".into()])
        );
        assert!(difference.changed.is_empty());
    }

    prop_compose! {
        fn manifests()(parts in proptest::collection::vec((0_u8..8, 0_u8..3), 0..12)) -> Manifest {
            Manifest::new(parts.into_iter().map(|(name, says)| tool(&format!("t{name}"), says)))
        }
    }

    proptest! {
        #[test]
        fn there_is_no_difference_exactly_if_the_digests_are_equal(
            one in manifests(),
            other in manifests(),
        ) {
            let difference = Difference::between(&one, &other);
            prop_assert_eq!(difference.is_empty(), one.digest() == other.digest());
        }

        #[test]
        fn the_way_back_is_the_mirror(one in manifests(), other in manifests()) {
            let (there, back) = (Difference::between(&one, &other), Difference::between(&other, &one));
            prop_assert_eq!(names(&there.added), names(&back.dropped));
            prop_assert_eq!(there.changed.len(), back.changed.len());
        }
    }
}
