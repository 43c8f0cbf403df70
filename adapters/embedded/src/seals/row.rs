//! Seals as rows.

use diesel::prelude::*;
use jiff::civil::Date;
use registry_domain::chain::{Chain, Log, Mark, Seal};
use registry_domain::id::ChainId;
use registry_domain::manifest::Digest;
use registry_domain::ports::Stray;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, time_text};
use crate::schema::seals;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = seals)]
pub(super) struct SealRow {
    chain: String,
    log: String,
    day: String,
    after_position: i64,
    to_position: i64,
    count: i64,
    digest: String,
    previous: Option<String>,
    made_at: String,
    marks: Vec<u8>,
    purged_at: Option<String>,
}

impl SealRow {
    pub(super) fn of(seal: &Seal) -> Self {
        Self {
            chain: seal.chain.to_string(),
            log: seal.log.as_str().to_owned(),
            day: seal.day.to_string(),
            after_position: seal.after,
            to_position: seal.to,
            count: seal.count.into(),
            digest: seal.digest.to_string(),
            previous: seal.previous.map(|digest| digest.to_string()),
            made_at: time_text(seal.made_at),
            marks: Mark::to_bytes(&seal.marks),
            purged_at: seal.purged_at.map(time_text),
        }
    }

    pub(super) fn read(self) -> Result<Seal, StoreError> {
        let place = Place { table: "seals", row: &self.chain };
        Ok(Seal {
            chain: ChainId(place.uuid("chain", &self.chain)?),
            log: place.word("log", &self.log, Log::parse)?,
            day: day(place, &self.day)?,
            after: self.after_position,
            to: self.to_position,
            count: u32::try_from(self.count).map_err(|source| place.unreadable("count", source))?,
            digest: place.word("digest", &self.digest, Digest::parse)?,
            previous: place.maybe_word("previous", self.previous.as_deref(), Digest::parse)?,
            made_at: place.time("made_at", &self.made_at)?,
            marks: Mark::read(&self.marks)
                .ok_or_else(|| place.unreadable("marks", "they have no such length"))?,
            purged_at: self.purged_at.map(|at| place.time("purged_at", &at)).transpose()?,
        })
    }
}

fn day(place: Place<'_>, text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|source: jiff::Error| place.unreadable("day", source))
}

/// A chain.
pub(super) fn chain(log: Log, id: &str, begun: &str) -> Result<Chain, StoreError> {
    let place = Place { table: "chains", row: id };
    Ok(Chain { id: ChainId(place.uuid("id", id)?), log, day: day(place, begun)? })
}

/// A record that stands in no chain; whoever wrote it may have written anything for an id.
pub(super) fn stray(id: &str, at: &str) -> Stray {
    Stray { id: Uuid::try_parse(id).unwrap_or_default(), at: at.parse().ok() }
}
