//! Comparing records with the seal that was made of them.

use uuid::Uuid;

use super::{Entry, Mark, Seal};

/// What is not as it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A record says something else.
    Changed {
        /// Where it stands.
        position: i64,
        /// Which one it is.
        id: Uuid,
    },
    /// A record is gone.
    Removed {
        /// Where it stood.
        position: i64,
    },
    /// A record came later.
    Added {
        /// Where it stands.
        position: i64,
        /// Which one it is.
        id: Uuid,
    },
    /// The records are as their marks say, but the seal is not the one that was made of them.
    SealChanged,
}

/// Compares the records in a seal's run with the seal. Both in their order.
pub fn check(seal: &Seal, entries: &[Entry]) -> Vec<Flaw> {
    if seal.purged_at.is_some() {
        return entries.iter().map(added).collect();
    }
    let mut flaws = Vec::new();
    let (mut marks, mut found) = (seal.marks.iter().peekable(), entries.iter().peekable());
    // Whichever stands earlier comes next; both, where they stand at one place.
    while let Some(next) =
        [marks.peek().map(|mark| mark.position), found.peek().map(|entry| entry.position)]
            .into_iter()
            .flatten()
            .min()
    {
        let mark = marks.next_if(|mark| mark.position == next);
        match (mark, found.next_if(|entry| entry.position == next)) {
            (Some(mark), Some(entry)) if Mark::of(entry) == *mark => {}
            (Some(_), Some(entry)) => {
                flaws.push(Flaw::Changed { position: next, id: entry.id });
            }
            (_, Some(entry)) => flaws.push(added(entry)),
            (_, None) => flaws.push(Flaw::Removed { position: next }),
        }
    }
    if flaws.is_empty() && seal.digest_of(entries) != seal.digest {
        flaws.push(Flaw::SealChanged);
    }
    flaws
}

const fn added(entry: &Entry) -> Flaw {
    Flaw::Added { position: entry.position, id: entry.id }
}
