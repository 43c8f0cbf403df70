//! The port `SealStore`: seals, and records as their chains have them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use jiff::civil::Date;
use registry_domain::chain::{Chain, Entry, Log, Seal};
use registry_domain::id::ChainId;
use registry_domain::ports::{PortError, SealStore, Span, Stray};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::Time;
use crate::read::View;
use crate::schema::{audit_log, chains, events, fastmcp_audit_log, seals};
use crate::store::PgStore;
use crate::{audit, operations};

mod row;
mod write;

use row::SealRow;
use write::{Close, Keep, Purge};

pub(crate) use write::begin;

/// The next chain by id that a seal or a record names: two looks into two indexes.
const NEXT_CHAIN: &str = "SELECT least( \
     (SELECT chain FROM seals WHERE log = $1 AND chain > $2 ORDER BY chain LIMIT 1), \
     (SELECT chain FROM fastmcp_audit_log WHERE $1 = 'operations' AND chain > $2 \
      ORDER BY chain, position LIMIT 1)) AS chain";

#[derive(QueryableByName)]
struct Next {
    #[diesel(sql_type = Nullable<SqlUuid>)]
    chain: Option<Uuid>,
}

async fn next_chain(
    conn: &mut Connection,
    (log, after): &(Log, Option<ChainId>),
) -> Result<Option<ChainId>, StoreError> {
    let first = match (log, after) {
        // The one chain that there is, whether it has a seal or not.
        (Log::Audit, None) => return Ok(Some(Chain::AUDIT)),
        (Log::Audit, Some(after)) => *after,
        // Records of before there were chains name this.
        (Log::Operations, after) => after.unwrap_or(Chain::AUDIT),
    };
    let next: Next = diesel::sql_query(NEXT_CHAIN)
        .bind::<Text, _>(log.as_str())
        .bind::<SqlUuid, _>(first.0)
        .get_result(conn)
        .await?;
    Ok(next.chain.map(ChainId))
}

async fn open_chains(conn: &mut Connection, log: Log) -> Result<Vec<Chain>, StoreError> {
    let rows: Vec<(Uuid, jiff_diesel::Date)> = chains::table
        .filter(chains::log.eq(log.as_str()))
        .filter(chains::closed_at.is_null())
        .order((chains::day, chains::id))
        .select((chains::id, chains::day))
        .load(conn)
        .await?;
    let read =
        |(id, day): (Uuid, jiff_diesel::Date)| Chain { id: ChainId(id), log, day: day.to_jiff() };
    Ok(rows.into_iter().map(read).collect())
}

async fn newest_seal(
    conn: &mut Connection,
    chain: Option<ChainId>,
) -> Result<Option<Seal>, StoreError> {
    let found = seals::table.select(SealRow::as_select()).into_boxed();
    let found = match chain {
        Some(chain) => found.filter(seals::chain.eq(chain.0)).order(seals::after_position.desc()),
        None => found.order(seals::made_at.desc()),
    };
    found.limit(1).first::<SealRow>(conn).await.optional()?.map(SealRow::read).transpose()
}

async fn list(
    conn: &mut Connection,
    (chain, after, limit): &(ChainId, i64, u32),
) -> Result<Vec<Seal>, StoreError> {
    let rows: Vec<SealRow> = seals::table
        .filter(seals::chain.eq(chain.0))
        .filter(seals::to_position.gt(*after))
        .order(seals::after_position)
        .limit((*limit).into())
        .select(SealRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(SealRow::read).collect()
}

async fn strays(
    conn: &mut Connection,
    (log, limit): &(Log, u32),
) -> Result<Vec<Stray>, StoreError> {
    let limit = i64::from(*limit);
    let rows: Vec<(Uuid, Time)> = match log {
        Log::Operations => {
            fastmcp_audit_log::table
                .filter(fastmcp_audit_log::chain.is_null())
                .limit(limit)
                .select((fastmcp_audit_log::id, fastmcp_audit_log::timestamp))
                .load(conn)
                .await?
        }
        Log::Audit => {
            audit_log::table
                .left_join(events::table.on(events::event_id.eq(audit_log::log_id)))
                .filter(audit_log::chained.eq(true))
                .filter(events::seq.nullable().is_null())
                .limit(limit)
                .select((audit_log::log_id, audit_log::timestamp))
                .load(conn)
                .await?
        }
    };
    Ok(rows.into_iter().map(|(id, at)| Stray { id, at: Some(at.to_jiff()) }).collect())
}

async fn count_unchained(conn: &mut Connection, log: Log) -> Result<u64, StoreError> {
    let count: i64 = match log {
        Log::Operations => {
            fastmcp_audit_log::table
                .filter(fastmcp_audit_log::chain.eq(Chain::AUDIT.0))
                .count()
                .get_result(conn)
                .await?
        }
        Log::Audit => {
            audit_log::table.filter(audit_log::chained.eq(false)).count().get_result(conn).await?
        }
    };
    Ok(count.unsigned_abs())
}

#[async_trait]
impl SealStore for PgStore {
    async fn open_chains(&self, log: Log) -> Result<Vec<Chain>, PortError> {
        self.read("list_open_chains", View::Newest, log, |conn, log| {
            open_chains(conn, *log).boxed()
        })
        .await
    }

    async fn close_chain(&self, chain: ChainId, at: Timestamp) -> Result<(), PortError> {
        self.write(Close { chain, at }).await
    }

    async fn newest_seal(&self, chain: Option<ChainId>) -> Result<Option<Seal>, PortError> {
        self.read("find_newest_seal", View::Newest, chain, |conn, chain| {
            newest_seal(conn, *chain).boxed()
        })
        .await
    }

    async fn entries(&self, span: Span, limit: u32) -> Result<Vec<Entry>, PortError> {
        self.read("list_entries", View::Newest, (span, limit), |conn, (span, limit)| {
            match span.log {
                Log::Operations => operations::entries(conn, *span, *limit).boxed(),
                Log::Audit => audit::entries(conn, *span, *limit).boxed(),
            }
        })
        .await
    }

    async fn keep_seal(&self, seal: &Seal) -> Result<(), PortError> {
        self.write(Keep(SealRow::of(seal)?)).await
    }

    async fn seals(&self, chain: ChainId, after: i64, limit: u32) -> Result<Vec<Seal>, PortError> {
        let asked = (chain, after, limit);
        self.read("list_seals", View::Newest, asked, |conn, asked| list(conn, asked).boxed()).await
    }

    async fn next_chain(
        &self,
        log: Log,
        after: Option<ChainId>,
    ) -> Result<Option<ChainId>, PortError> {
        let asked = (log, after);
        self.read("find_next_chain", View::Newest, asked, |conn, asked| {
            next_chain(conn, asked).boxed()
        })
        .await
    }

    async fn strays(&self, log: Log, limit: u32) -> Result<Vec<Stray>, PortError> {
        let asked = (log, limit);
        self.read("list_strays", View::Newest, asked, |conn, asked| strays(conn, asked).boxed())
            .await
    }

    async fn count_unchained(&self, log: Log) -> Result<u64, PortError> {
        self.read("count_unchained", View::Newest, log, |conn, log| {
            count_unchained(conn, *log).boxed()
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
        self.write(Purge { log, before, at, limit }).await
    }
}
