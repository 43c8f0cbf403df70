//! Chains of records: the proof that nobody changed, removed or added any after they were sealed.
//!
//! Records stand in chains, each at its position. A [`Seal`] says of a run of them how many there
//! were and what they said, in one digest that begins with the seal before it. Whoever changes a
//! record changes the digest; whoever makes the seal anew has to make all later ones anew.
//!
//! The log of operations has one chain for each writer and day. The audit trail is one chain, by the
//! positions of its events.

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::id::ChainId;
use crate::json::without_nul;
use crate::manifest::Digest;

mod check;

pub use check::{Flaw, check};

/// The most records of one seal: so many are in memory when it is made.
pub const MOST_SEALED: u32 = 1_000;

/// What is recorded in chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Log {
    /// MCP calls and mutating API calls.
    Operations,
    /// What people did to registrations.
    Audit,
}

impl Log {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Operations, Self::Audit];

    /// The log's name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Audit => "audit",
        }
    }

    /// The inverse of [`Log::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|log| log.as_str() == text)
    }
}

/// A chain of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chain {
    /// Its id.
    pub id: ChainId,
    /// Of which log.
    pub log: Log,
    /// The day on which it began, in UTC.
    pub day: Date,
}

impl Chain {
    /// The id of the audit trail's one chain.
    pub const AUDIT: ChainId = ChainId(Uuid::nil());

    /// The chain of a writer of operations, on the day of a time.
    pub fn of_operations(id: ChainId, at: Timestamp) -> Self {
        Self { id, log: Log::Operations, day: day_of(at) }
    }
}

/// The day of a time, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A record as its chain has it: what it says, as bytes that differ whenever any of it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the chain.
    pub position: i64,
    /// The record's id.
    pub id: Uuid,
    /// The record's time, if it reads.
    pub at: Option<Timestamp>,
    /// What it says: [`canonical`].
    pub canonical: Vec<u8>,
}

/// The bytes of a record's fields: each that there is with its name, both with their lengths, so
/// that no two records have the same. A field that is absent adds nothing: records of before there
/// was such a field keep their bytes. Every store gives the same texts, so that seals go with their
/// records from one to another: times with six fractional digits, documents in
/// [`normal_form`](crate::json::normal_form), and no NUL.
pub fn canonical<'a>(fields: impl IntoIterator<Item = (&'static str, Option<&'a str>)>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    for (name, value) in fields {
        if let Some(value) = value {
            put(&mut bytes, name.as_bytes());
            put(&mut bytes, without_nul(value).as_bytes());
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// What a seal remembers of one record, so that a flaw can be named to the record: where it stood,
/// and the beginning of its digest. The seal's own digest is what proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The record's place.
    pub position: i64,
    /// The first bytes of its digest.
    pub print: [u8; 8],
}

impl Mark {
    /// Its length as bytes.
    const LENGTH: usize = 16;

    /// The mark of a record.
    pub fn of(entry: &Entry) -> Self {
        let digest = Sha256::digest(&entry.canonical);
        let mut print = [0; 8];
        print.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self { position: entry.position, print }
    }

    /// Marks as a store keeps them.
    pub fn to_bytes(marks: &[Self]) -> Vec<u8> {
        marks.iter().flat_map(|mark| [mark.position.to_be_bytes(), mark.print]).flatten().collect()
    }

    /// The inverse of [`Mark::to_bytes`]; `None` for what it cannot have written.
    pub fn read(bytes: &[u8]) -> Option<Vec<Self>> {
        let (marks, rest) = bytes.as_chunks::<{ Self::LENGTH }>();
        let read = |bytes: &[u8; Self::LENGTH]| {
            let (position, print) = bytes.split_at(8);
            Some(Self {
                position: i64::from_be_bytes(position.try_into().ok()?),
                print: print.try_into().ok()?,
            })
        };
        if rest.is_empty() { marks.iter().map(read).collect() } else { None }
    }
}

/// The proof of a run of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Which chain.
    pub chain: ChainId,
    /// Of which log.
    pub log: Log,
    /// The day that it belongs to: whole days are purged.
    pub day: Date,
    /// After which position it begins.
    pub after: i64,
    /// The last position.
    pub to: i64,
    /// How many records there are.
    pub count: u32,
    /// The digest over what was before and all of these.
    pub digest: Digest,
    /// The digest of the seal before it in the chain; of a chain's first seal, of the newest of
    /// another chain, so that a whole chain cannot go unseen.
    pub previous: Option<Digest>,
    /// When it was made.
    pub made_at: Timestamp,
    /// A mark for each record; none once they were purged.
    pub marks: Vec<Mark>,
    /// When its records were purged because they were old enough.
    pub purged_at: Option<Timestamp>,
}

impl Seal {
    /// The seal of the records that follow `after` in a chain; `None` of none.
    pub fn over(
        chain: &Chain,
        after: i64,
        previous: Option<Digest>,
        entries: &[Entry],
        made_at: Timestamp,
    ) -> Option<Self> {
        let last = entries.last()?;
        let day = match chain.log {
            Log::Operations => chain.day,
            Log::Audit => day_of(last.at.unwrap_or(made_at)),
        };
        let mut seal = Self {
            chain: chain.id,
            log: chain.log,
            day,
            after,
            to: last.position,
            count: u32::try_from(entries.len()).ok()?,
            digest: Digest::of_bytes(&[]),
            previous,
            made_at,
            marks: entries.iter().map(Mark::of).collect(),
            purged_at: None,
        };
        seal.digest = seal.digest_of(entries);
        Some(seal)
    }

    /// The digest that this seal must have if these are its records.
    pub fn digest_of(&self, entries: &[Entry]) -> Digest {
        let position = |position: i64| position.to_string();
        let day = self.day.to_string();
        let head = canonical([
            ("chain", Some(self.chain.to_string().as_str())),
            ("log", Some(self.log.as_str())),
            ("day", Some(day.as_str())),
            ("after", Some(position(self.after).as_str())),
            ("to", Some(position(self.to).as_str())),
            ("count", Some(self.count.to_string().as_str())),
            ("previous", self.previous.map(|digest| digest.to_string()).as_deref()),
        ]);
        let first = <[u8; 32]>::from(Sha256::digest(head));
        let all = entries.iter().fold(first, |before, entry| {
            let mut link = Sha256::new();
            link.update(before);
            link.update(entry.position.to_be_bytes());
            link.update(&entry.canonical);
            link.finalize().into()
        });
        Digest::of_hash(all)
    }
}

#[cfg(test)]
mod tests;
