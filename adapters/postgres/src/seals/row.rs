//! Seals as rows.

use diesel::prelude::*;
use registry_domain::chain::{Log, Mark, Seal};
use registry_domain::id::ChainId;
use registry_domain::manifest::Digest;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, Time, time};
use crate::schema::seals;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = seals)]
pub(super) struct SealRow {
    chain: Uuid,
    log: String,
    day: jiff_diesel::Date,
    after_position: i64,
    to_position: i64,
    count: i32,
    digest: String,
    previous: Option<String>,
    made_at: Time,
    marks: Vec<u8>,
    purged_at: Option<Time>,
}

impl SealRow {
    pub(super) fn of(seal: &Seal) -> Result<Self, StoreError> {
        let place = Place { table: "seals", row: seal.chain.0 };
        Ok(Self {
            chain: seal.chain.0,
            log: seal.log.as_str().to_owned(),
            day: seal.day.into(),
            after_position: seal.after,
            to_position: seal.to,
            count: i32::try_from(seal.count).map_err(|source| place.unreadable("count", source))?,
            digest: seal.digest.to_string(),
            previous: seal.previous.map(|digest| digest.to_string()),
            made_at: time(seal.made_at),
            marks: Mark::to_bytes(&seal.marks),
            purged_at: seal.purged_at.map(time),
        })
    }

    pub(super) fn read(self) -> Result<Seal, StoreError> {
        let place = Place { table: "seals", row: self.chain };
        Ok(Seal {
            chain: ChainId(self.chain),
            log: place.word("log", &self.log, Log::parse)?,
            day: self.day.to_jiff(),
            after: self.after_position,
            to: self.to_position,
            count: u32::try_from(self.count).map_err(|source| place.unreadable("count", source))?,
            digest: place.word("digest", &self.digest, Digest::parse)?,
            previous: place.maybe_word("previous", self.previous.as_deref(), Digest::parse)?,
            made_at: self.made_at.to_jiff(),
            marks: Mark::read(&self.marks)
                .ok_or_else(|| place.unreadable("marks", "they have no such length"))?,
            purged_at: self.purged_at.map(jiff_diesel::Timestamp::to_jiff),
        })
    }
}
