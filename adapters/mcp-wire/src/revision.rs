//! The protocol's revisions and the two eras that they fall into.
//!
//! A revision is named by its date. Four of them begin with an `initialize` handshake (the legacy
//! era); from 2026-07-28 on every request carries what the handshake used to say (the modern era).
//! Nearly all differences in shape, status and header hang on the era, few on the revision.

use std::fmt;

/// How a peer speaks: with a handshake or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Era {
    /// 2024-11-05 to 2025-11-25: `initialize`, sessions, and servers that may send requests.
    Legacy,
    /// From 2026-07-28: no handshake and no session; each request carries its own `_meta`.
    Modern,
}

/// A published revision of the protocol, ordered by date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// The first one, over HTTP+SSE.
    V2024_11_05,
    /// Streamable HTTP, and the only one with batches.
    V2025_03_26,
    /// Elicitation, structured content, and the `MCP-Protocol-Version` header.
    V2025_06_18,
    /// The last one with a handshake.
    V2025_11_25,
    /// The stateless one.
    V2026_07_28,
}

impl Revision {
    /// Every revision, oldest first.
    pub const ALL: [Self; 5] = [
        Self::V2024_11_05,
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
        Self::V2026_07_28,
    ];

    /// The revisions with a handshake, oldest first.
    pub const LEGACY: [Self; 4] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25];

    /// The newest revision with a handshake: what we offer to a client whose wish we do not know.
    pub const NEWEST_LEGACY: Self = Self::V2025_11_25;

    /// The revision without a handshake.
    pub const MODERN: Self = Self::V2026_07_28;

    /// Reads a revision as the wire spells it, e.g. `2025-06-18`; `None` if there is none of that
    /// exact name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == text)
    }

    /// The revision as the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The era that the revision belongs to.
    pub const fn era(self) -> Era {
        match self {
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 | Self::V2025_11_25 => {
                Era::Legacy
            }
            Self::V2026_07_28 => Era::Modern,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What `initialize` is answered with: the client's revision if it is one with a handshake that we
/// know, else the newest of those (specification, "Lifecycle: version negotiation").
pub fn negotiate_legacy(requested: &str) -> Revision {
    Revision::parse(requested)
        .filter(|revision| revision.era() == Era::Legacy)
        .unwrap_or(Revision::NEWEST_LEGACY)
}

/// Whether a version text names a revision of the modern era or a later one that we do not know.
///
/// Revisions are ISO dates, so their order is that of their letters; what is no date (`draft`) is
/// never modern.
pub fn is_modern_or_later(text: &str) -> bool {
    is_date(text) && text >= Revision::MODERN.as_str()
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_reads_back_from_its_name() {
        for revision in Revision::ALL {
            assert_eq!(Revision::parse(revision.as_str()), Some(revision));
            assert_eq!(revision.to_string(), revision.as_str());
        }
        for unknown in ["", "2025-06-19", " 2025-06-18", "DRAFT-2026-v1", "2025-06-18\n"] {
            assert_eq!(Revision::parse(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn revisions_are_ordered_by_date() {
        assert!(Revision::ALL.is_sorted());
        assert!(Revision::ALL.map(Revision::as_str).is_sorted());
    }

    #[test]
    fn only_the_newest_revision_is_modern() {
        let modern = Revision::ALL.into_iter().filter(|revision| revision.era() == Era::Modern);
        assert_eq!(modern.collect::<Vec<_>>(), [Revision::MODERN]);
        assert!(Revision::LEGACY.into_iter().all(|revision| revision.era() == Era::Legacy));
    }

    #[test]
    fn a_known_legacy_wish_is_granted_and_any_other_gets_the_newest_legacy() {
        for revision in Revision::LEGACY {
            assert_eq!(negotiate_legacy(revision.as_str()), revision);
        }
        for other in ["2026-07-28", "2031-01-01", "1.0", ""] {
            assert_eq!(negotiate_legacy(other), Revision::V2025_11_25, "{other:?}");
        }
    }

    #[test]
    fn later_dates_are_modern_and_words_are_not() {
        for modern in ["2026-07-28", "2026-07-29", "2031-01-01"] {
            assert!(is_modern_or_later(modern), "{modern}");
        }
        for other in ["2026-07-27", "2025-11-25", "draft", "9", "2026-07-28x", ""] {
            assert!(!is_modern_or_later(other), "{other:?}");
        }
    }
}
