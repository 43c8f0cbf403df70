//! The port `SealStore`: seals, and records as their chains have them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use registry_domain::chain::{Chain, Entry, Log, Seal};
use registry_domain::id::ChainId;
use registry_domain::ports::{PortError, SealStore, Span, Stray};

use crate::error::{StoreError, is_duplicate};
use crate::place::{Place, time_text};
use crate::schema::{audit_log, chains, events, fastmcp_audit_log, seals};
use crate::store::EmbeddedStore;
use crate::{audit, operations};

mod row;

use row::SealRow;

/// Notes that a chain has begun, if nobody did.
pub(crate) fn begin(conn: &mut SqliteConnection, chain: &Chain) -> Result<(), StoreError> {
    diesel::insert_into(chains::table)
        .values((
            chains::id.eq(chain.id.to_string()),
            chains::log.eq(chain.log.as_str()),
            chains::day.eq(chain.day.to_string()),
        ))
        .on_conflict(chains::id)
        .do_nothing()
        .execute(conn)?;
    Ok(())
}

/// The next chain by id that a seal or a record names.
const NEXT_CHAIN: &str = "SELECT min(chain) AS chain FROM ( \
     SELECT min(chain) AS chain FROM seals WHERE log = ?1 AND chain > ?2 \
     UNION ALL SELECT min(chain) FROM fastmcp_audit_log WHERE ?1 = 'operations' AND chain > ?2)";

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = Nullable<Text>)]
    chain: Option<String>,
}

fn next_chain(
    conn: &mut SqliteConnection,
    log: Log,
    after: Option<ChainId>,
) -> Result<Option<ChainId>, StoreError> {
    let first = match (log, after) {
        // The one chain that there is, whether it has a seal or not.
        (Log::Audit, None) => return Ok(Some(Chain::AUDIT)),
        (Log::Audit, Some(after)) => after,
        // Records of before there were chains name this.
        (Log::Operations, after) => after.unwrap_or(Chain::AUDIT),
    };
    let next: Next = diesel::sql_query(NEXT_CHAIN)
        .bind::<Text, _>(log.as_str())
        .bind::<Text, _>(first.to_string())
        .get_result(conn)?;
    next.chain
        .map(|text| Place { table: "seals", row: &text }.uuid("chain", &text).map(ChainId))
        .transpose()
}

fn purge(
    conn: &mut SqliteConnection,
    (log, before, at): (Log, Date, Timestamp),
    limit: u32,
) -> Result<u32, StoreError> {
    let due: Vec<(String, i64, i64)> = seals::table
        .filter(seals::log.eq(log.as_str()))
        .filter(seals::day.lt(before.to_string()))
        .filter(seals::purged_at.is_null())
        .order(seals::day)
        .limit(limit.into())
        .select((seals::chain, seals::after_position, seals::to_position))
        .load(conn)?;
    for (chain, after, to) in &due {
        match log {
            Log::Operations => diesel::delete(
                fastmcp_audit_log::table
                    .filter(fastmcp_audit_log::chain.eq(chain))
                    .filter(fastmcp_audit_log::position.gt(after))
                    .filter(fastmcp_audit_log::position.le(to)),
            )
            .execute(conn)?,
            Log::Audit => {
                let sealed = events::table
                    .filter(events::seq.gt(after))
                    .filter(events::seq.le(to))
                    .select(events::event_id);
                diesel::delete(audit_log::table.filter(audit_log::log_id.eq_any(sealed)))
                    .execute(conn)?
            }
        };
        diesel::update(seals::table.find((chain, after)))
            .set((seals::purged_at.eq(time_text(at)), seals::marks.eq(Vec::<u8>::new())))
            .execute(conn)?;
    }
    // No more than the limit, which is one.
    Ok(u32::try_from(due.len()).unwrap_or(limit))
}

#[async_trait]
impl SealStore for EmbeddedStore {
    async fn open_chains(&self, log: Log) -> Result<Vec<Chain>, PortError> {
        self.read("list_open_chains", move |conn| {
            let rows: Vec<(String, String)> = chains::table
                .filter(chains::log.eq(log.as_str()))
                .filter(chains::closed_at.is_null())
                .order((chains::day, chains::id))
                .select((chains::id, chains::day))
                .load(conn)?;
            rows.iter().map(|(id, day)| row::chain(log, id, day)).collect()
        })
        .await
    }

    async fn close_chain(&self, chain: ChainId, at: Timestamp) -> Result<(), PortError> {
        self.write("close_chain", move |conn| {
            diesel::update(chains::table.find(chain.to_string()))
                .set(chains::closed_at.eq(time_text(at)))
                .execute(conn)?;
            Ok(())
        })
        .await
    }

    async fn newest_seal(&self, chain: Option<ChainId>) -> Result<Option<Seal>, PortError> {
        self.read("find_newest_seal", move |conn| {
            let found = seals::table.select(SealRow::as_select()).into_boxed();
            let found = match chain {
                Some(chain) => found
                    .filter(seals::chain.eq(chain.to_string()))
                    .order(seals::after_position.desc()),
                None => found.order(seals::made_at.desc()),
            };
            found.first::<SealRow>(conn).optional()?.map(SealRow::read).transpose()
        })
        .await
    }

    async fn entries(&self, span: Span, limit: u32) -> Result<Vec<Entry>, PortError> {
        self.read("list_entries", move |conn| match span.log {
            Log::Operations => operations::entries(conn, span, limit),
            Log::Audit => audit::entries(conn, span, limit),
        })
        .await
    }

    async fn keep_seal(&self, seal: &Seal) -> Result<(), PortError> {
        let row = SealRow::of(seal);
        self.write("keep_seal", move |conn| {
            let kept = diesel::insert_into(seals::table).values(&row).execute(conn);
            if is_duplicate(&kept) {
                return Err(StoreError::Taken { key: "seal", holder: None });
            }
            kept?;
            Ok(())
        })
        .await
    }

    async fn seals(&self, chain: ChainId, after: i64, limit: u32) -> Result<Vec<Seal>, PortError> {
        self.read("list_seals", move |conn| {
            let rows: Vec<SealRow> = seals::table
                .filter(seals::chain.eq(chain.to_string()))
                .filter(seals::to_position.gt(after))
                .order(seals::after_position)
                .limit(limit.into())
                .select(SealRow::as_select())
                .load(conn)?;
            rows.into_iter().map(SealRow::read).collect()
        })
        .await
    }

    async fn next_chain(
        &self,
        log: Log,
        after: Option<ChainId>,
    ) -> Result<Option<ChainId>, PortError> {
        self.read("find_next_chain", move |conn| next_chain(conn, log, after)).await
    }

    async fn strays(&self, log: Log, limit: u32) -> Result<Vec<Stray>, PortError> {
        self.read("list_strays", move |conn| {
            let rows: Vec<(String, String)> = match log {
                Log::Operations => fastmcp_audit_log::table
                    .filter(fastmcp_audit_log::chain.is_null())
                    .limit(limit.into())
                    .select((fastmcp_audit_log::id, fastmcp_audit_log::timestamp))
                    .load(conn)?,
                Log::Audit => audit_log::table
                    .left_join(events::table.on(events::event_id.eq(audit_log::log_id)))
                    .filter(audit_log::chained.eq(true))
                    .filter(events::seq.nullable().is_null())
                    .limit(limit.into())
                    .select((audit_log::log_id, audit_log::timestamp))
                    .load(conn)?,
            };
            Ok(rows.iter().map(|(id, at)| row::stray(id, at)).collect())
        })
        .await
    }

    async fn count_unchained(&self, log: Log) -> Result<u64, PortError> {
        self.read("count_unchained", move |conn| {
            let count: i64 = match log {
                Log::Operations => fastmcp_audit_log::table
                    .filter(fastmcp_audit_log::chain.eq(Chain::AUDIT.to_string()))
                    .count()
                    .get_result(conn)?,
                Log::Audit => audit_log::table
                    .filter(audit_log::chained.eq(false))
                    .count()
                    .get_result(conn)?,
            };
            Ok(count.unsigned_abs())
        })
        .await
    }

    async fn purge(
        &self,
        log: Log,
        before: Date,
        at: Timestamp,
        limit: u32,
    ) -> Result<u32, PortError> {
        self.write("purge_records", move |conn| purge(conn, (log, before, at), limit)).await
    }
}
