//! What the database counts: scans of each index, rows read of each table.
//!
//! Planning counts too: for a comparison at either end of a column the planner looks into an index
//! for the end. So that an index was scanned says that a query uses it only together with this: the
//! table was not read from end to end.
//!
//! A backend hands its counts in when it ends (since PostgreSQL 15 before it can no longer be
//! seen), so each step has connections of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use libtest_mimic::Failed;
use registry_contract::DEADLINE;
use tokio_postgres::Client;

use crate::cluster::number;

const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type IN ('client backend', 'parallel worker') \
                      AND pid <> pg_backend_pid()";
const SCANS: &str = "SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes \
                     WHERE schemaname = 'public'";
/// Rows of one page or a few are read fastest from end to end.
const LARGE: &str = "FROM pg_stat_user_tables AS counted \
                     JOIN pg_class ON pg_class.oid = counted.relid \
                     WHERE schemaname = 'public' AND reltuples > 10000";

/// The counts at one moment.
pub(crate) struct Counters {
    scans: BTreeMap<String, u64>,
    read: BTreeMap<String, u64>,
    fetched: BTreeMap<String, u64>,
}

/// What was done between two moments.
pub(crate) struct Done {
    /// The indexes that were looked into.
    pub(crate) scanned: Vec<String>,
    /// The large tables that were read from end to end, with how many rows.
    pub(crate) read: Vec<(String, u64)>,
    /// Rows of large tables that were fetched by an index.
    pub(crate) fetched: Vec<(String, u64)>,
}

impl Counters {
    /// The counts now that all other connections have ended.
    pub(crate) async fn now(client: &Client) -> Result<Self, Failed> {
        let quiet = async {
            while number(client, OTHERS).await? > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, Failed>(())
        };
        tokio::time::timeout(DEADLINE, quiet)
            .await
            .map_err(|_| "waited too long until the connections have ended")??;
        Ok(Self {
            scans: counts(client, SCANS).await?,
            read: counts(client, &format!("SELECT counted.relname::text, seq_tup_read {LARGE}"))
                .await?,
            fetched: counts(
                client,
                &format!("SELECT counted.relname::text, idx_tup_fetch {LARGE}"),
            )
            .await?,
        })
    }

    /// What was done since an earlier moment.
    pub(crate) fn since(&self, earlier: &Self) -> Done {
        let scanned = grown(&self.scans, &earlier.scans);
        Done {
            scanned: scanned.into_iter().map(|(index, _)| index).collect(),
            read: grown(&self.read, &earlier.read),
            fetched: grown(&self.fetched, &earlier.fetched),
        }
    }
}

async fn counts(client: &Client, sql: &str) -> Result<BTreeMap<String, u64>, Failed> {
    let rows = client.query(sql, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get(0)?,
                row.try_get::<_, Option<i64>>(1)?.unwrap_or_default().unsigned_abs(),
            ))
        })
        .collect()
}

fn grown(now: &BTreeMap<String, u64>, before: &BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let growth = |name: &String, count: &u64| {
        count.saturating_sub(before.get(name).copied().unwrap_or_default())
    };
    now.iter()
        .map(|(name, count)| (name.clone(), growth(name, count)))
        .filter(|(_, growth)| *growth > 0)
        .collect()
}
