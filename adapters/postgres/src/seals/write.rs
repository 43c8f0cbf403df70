//! Writing chains and seals.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff::civil::Date;
use registry_domain::chain::{Chain, Log};
use registry_domain::id::ChainId;
use uuid::Uuid;

use super::row::SealRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::time;
use crate::schema::{audit_log, chains, events, fastmcp_audit_log, seals};
use crate::write::{AfterLoss, Tx, Write};

/// Notes that a chain has begun, if nobody did.
pub(crate) async fn begin(conn: &mut Connection, chain: &Chain) -> Result<(), StoreError> {
    diesel::insert_into(chains::table)
        .values((
            chains::id.eq(chain.id.0),
            chains::log.eq(chain.log.as_str()),
            chains::day.eq(jiff_diesel::Date::from(chain.day)),
        ))
        .on_conflict(chains::id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that nothing comes to a chain any more.
pub(super) struct Close {
    pub(super) chain: ChainId,
    pub(super) at: Timestamp,
}

#[async_trait]
impl Write for Close {
    type Output = ();
    const NAME: &'static str = "close_chain";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        diesel::update(chains::table.find(self.chain.0))
            .set(chains::closed_at.eq(time(self.at)))
            .execute(tx.conn)
            .await?;
        Ok(())
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

/// Keeps a seal. When the answer got lost nobody can know; the next turn begins where the last seal
/// ends, whosever that is.
pub(super) struct Keep(pub(super) SealRow);

#[async_trait]
impl Write for Keep {
    type Output = ();
    const NAME: &'static str = "keep_seal";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        diesel::insert_into(seals::table).values(&self.0).execute(tx.conn).await?;
        Ok(())
    }

    async fn explain(
        &self,
        _conn: &mut Connection,
        _index: String,
        _source: DieselError,
    ) -> Result<StoreError, StoreError> {
        Ok(StoreError::Taken { key: "seal", holder: None })
    }
}

/// Removes the records of old seals.
pub(super) struct Purge {
    pub(super) log: Log,
    pub(super) before: Date,
    pub(super) at: Timestamp,
    pub(super) limit: u32,
}

#[async_trait]
impl Write for Purge {
    type Output = u32;
    const NAME: &'static str = "purge_records";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<u32, StoreError> {
        let due: Vec<(Uuid, i64, i64)> = seals::table
            .filter(seals::log.eq(self.log.as_str()))
            .filter(seals::day.lt(jiff_diesel::Date::from(self.before)))
            .filter(seals::purged_at.is_null())
            .order(seals::day)
            .limit(self.limit.into())
            .select((seals::chain, seals::after_position, seals::to_position))
            .for_update()
            .load(tx.conn)
            .await?;
        for (chain, after, to) in &due {
            match self.log {
                Log::Operations => {
                    diesel::delete(
                        fastmcp_audit_log::table
                            .filter(fastmcp_audit_log::chain.eq(chain))
                            .filter(fastmcp_audit_log::position.gt(after))
                            .filter(fastmcp_audit_log::position.le(to)),
                    )
                    .execute(tx.conn)
                    .await?
                }
                Log::Audit => {
                    let sealed = events::table
                        .filter(events::seq.gt(after))
                        .filter(events::seq.le(to))
                        .select(events::event_id);
                    diesel::delete(audit_log::table.filter(audit_log::log_id.eq_any(sealed)))
                        .execute(tx.conn)
                        .await?
                }
            };
            diesel::update(seals::table.find((chain, after)))
                .set((seals::purged_at.eq(time(self.at)), seals::marks.eq(Vec::<u8>::new())))
                .execute(tx.conn)
                .await?;
        }
        // No more than the limit, which is one.
        Ok(u32::try_from(due.len()).unwrap_or(self.limit))
    }

    fn after_loss(&self) -> AfterLoss<u32> {
        AfterLoss::Again
    }
}
