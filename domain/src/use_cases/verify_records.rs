//! Proving that records are as they were sealed.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::chain::{Entry, Flaw, Log, MOST_SEALED, Seal, check};
use crate::error::Error;
use crate::id::ChainId;
use crate::manifest::Digest;
use crate::ports::{SealStore, Span, Stray};

/// The most findings of a log that are told one by one.
const MOST_FINDINGS: usize = 1_000;
/// How many seals are read at once.
const PAGE: u32 = 16;
/// How many records beyond those of a seal are looked for where it stands.
const ROOM_FOR_MORE: u32 = 100;

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// In a seal's run.
    Flawed {
        /// The seal.
        seal: Box<Seal>,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// Between two seals of a chain there was another one.
    SealRemoved {
        /// The chain.
        chain: ChainId,
        /// After which position.
        after: i64,
    },
    /// A seal that another one was made after is not there.
    Unlinked {
        /// The seal that names it.
        seal: Box<Seal>,
    },
    /// A record that stands in no chain: the product did not write it there.
    Stray(Stray),
}

/// Records that no seal is made of yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsealed {
    /// The chain.
    pub chain: ChainId,
    /// How many there are at least.
    pub count: u64,
    /// The time of the first one, if it reads.
    pub since: Option<Timestamp>,
}

/// What became of a log's verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which log.
    pub log: Log,
    /// How many seals there are.
    pub seals: u64,
    /// How many records stand in them.
    pub records: u64,
    /// What is not as it was sealed.
    pub findings: Vec<Finding>,
    /// How many findings more there were.
    pub more: u64,
    /// What has no seal yet.
    pub unsealed: Vec<Unsealed>,
    /// The days of which records were purged.
    pub purged: BTreeSet<Date>,
    /// How many records are of before there were chains.
    pub unchained: u64,
    /// The newest seal: whoever noted it elsewhere can tell whether it is still there.
    pub newest: Option<Seal>,
}

impl Report {
    const fn of(log: Log) -> Self {
        Self {
            log,
            seals: 0,
            records: 0,
            findings: Vec::new(),
            more: 0,
            unsealed: Vec::new(),
            purged: BTreeSet::new(),
            unchained: 0,
            newest: None,
        }
    }

    /// Whether everything that has a seal is as it was sealed.
    pub fn is_proven(&self) -> bool {
        self.findings.is_empty()
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    fn note(&mut self, seal: &Seal) {
        self.seals += 1;
        if seal.purged_at.is_some() {
            self.purged.insert(seal.day);
        } else {
            self.records += u64::from(seal.count);
        }
        if self.newest.as_ref().is_none_or(|newest| newest.made_at <= seal.made_at) {
            self.newest = Some(seal.clone());
        }
    }
}

/// Reads all records of both logs, one seal's worth at a time, and compares them with their seals.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Internal`].
pub async fn verify_records(seals: &dyn SealStore) -> Result<[Report; 2], Error> {
    let mut known = HashSet::new();
    let mut beginnings = Vec::new();
    let mut reports = Log::ALL.map(Report::of);
    for report in &mut reports {
        let mut last = None;
        while let Some(chain) = seals.next_chain(report.log, last).await? {
            last = Some(chain);
            verify_chain(seals, chain, report, (&mut known, &mut beginnings)).await?;
        }
        report.unchained = seals.count_unchained(report.log).await?;
        let most = u32::try_from(MOST_FINDINGS).unwrap_or(u32::MAX);
        for stray in seals.strays(report.log, most).await? {
            report.found(Finding::Stray(stray));
        }
    }
    // A chain begins after a seal of any other, so that is looked at when all are known.
    for seal in beginnings {
        let is_linked = seal.previous.is_none_or(|previous| known.contains(&previous));
        if let (false, Some(report)) =
            (is_linked, reports.iter_mut().find(|report| report.log == seal.log))
        {
            report.found(Finding::Unlinked { seal: Box::new(seal) });
        }
    }
    Ok(reports)
}

async fn verify_chain(
    seals: &dyn SealStore,
    chain: ChainId,
    report: &mut Report,
    (known, beginnings): (&mut HashSet<Digest>, &mut Vec<Seal>),
) -> Result<(), Error> {
    let mut before: Option<(i64, Digest)> = None;
    loop {
        let after = before.map_or(i64::MIN, |(to, _)| to);
        let page = seals.seals(chain, after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for seal in page {
            report.note(&seal);
            known.insert(seal.digest);
            match before {
                None => beginnings.push(Seal { marks: Vec::new(), ..seal.clone() }),
                Some((to, _)) if seal.after != to => {
                    report.found(Finding::SealRemoved { chain, after: to });
                }
                Some((_, digest)) if seal.previous != Some(digest) => {
                    report.found(Finding::Unlinked { seal: Box::new(seal.clone()) });
                }
                Some(_) => {}
            }
            if before.is_none() && seal.after != 0 {
                report.found(Finding::SealRemoved { chain, after: 0 });
            }
            // What stands before the first seal of a chain belongs to it: to nothing else.
            let after = before.map_or(i64::MIN, |(to, _)| to);
            verify_seal(seals, &seal, after, report).await?;
            before = Some((seal.to, seal.digest));
        }
    }
    let after = before.map_or(i64::MIN, |(to, _)| to);
    let span = Span { log: report.log, chain, after, to: None };
    let mut waiting = Unsealed { chain, count: 0, since: None };
    let mut rest = seals.entries(span, MOST_SEALED).await?;
    while let Some(last) = rest.last() {
        if waiting.count == 0 {
            waiting.since = rest.first().and_then(|first: &Entry| first.at);
        }
        waiting.count += u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let after = last.position;
        rest = seals.entries(Span { after, ..span }, MOST_SEALED).await?;
    }
    if waiting.count > 0 {
        report.unsealed.push(waiting);
    }
    Ok(())
}

async fn verify_seal(
    seals: &dyn SealStore,
    seal: &Seal,
    after: i64,
    report: &mut Report,
) -> Result<(), Error> {
    let span = Span { log: seal.log, chain: seal.chain, after, to: Some(seal.to) };
    let entries = seals.entries(span, seal.count.saturating_add(ROOM_FOR_MORE)).await?;
    let mut flaws = check(seal, &entries);
    if !flaws.is_empty() && seal.purged_at.is_none() {
        // It may have been purged between the two reads.
        let now = seals.seals(seal.chain, seal.to.saturating_sub(1), 1).await?;
        if let Some(now) = now.first().filter(|now| now.to == seal.to && now.purged_at.is_some()) {
            report.purged.insert(now.day);
            let left = seals.entries(span, seal.count.saturating_add(ROOM_FOR_MORE)).await?;
            flaws = check(now, &left);
        }
    }
    for flaw in flaws {
        report.found(Finding::Flawed {
            seal: Box::new(Seal { marks: Vec::new(), ..seal.clone() }),
            flaw,
        });
    }
    Ok(())
}
