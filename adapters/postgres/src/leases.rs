//! The port `Leases` in the database, for replicas without a Redis. The database's clock says when a
//! lease ends: the replicas' may differ.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use registry_domain::ports::{LeaseHolder, Leases, PortError};

use crate::error::StoreError;
use crate::store::PgStore;
use crate::write::{AfterLoss, Tx, Write};

const ACQUIRE: &str = "INSERT INTO leases (name, holder, ends_at) \
     VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond') \
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at \
     WHERE leases.holder = excluded.holder OR leases.ends_at <= clock_timestamp()";
const RENEW: &str = "UPDATE leases SET ends_at = clock_timestamp() + $3 * interval '1 millisecond' \
     WHERE name = $1 AND holder = $2 AND ends_at > clock_timestamp()";
/// Also those whose holder never came back; there are few, and no index is worth their while.
const RELEASE: &str = "DELETE FROM leases WHERE (name = $1 AND holder = $2) \
     OR ends_at < clock_timestamp() - interval '1 hour'";

/// The longest lease: a century is long enough, and within what an interval holds.
const LONGEST_MS: i64 = 100 * 365 * 24 * 3600 * 1000;

/// One of the statements.
struct Ask {
    statement: &'static str,
    name: String,
    holder: LeaseHolder,
    ttl_ms: Option<i64>,
}

impl Ask {
    fn of(statement: &'static str, name: &str, holder: LeaseHolder) -> Self {
        Self { statement, name: name.to_owned(), holder, ttl_ms: None }
    }

    fn lasting(self, ttl: Duration) -> Self {
        let ttl_ms = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX).min(LONGEST_MS);
        Self { ttl_ms: Some(ttl_ms), ..self }
    }
}

#[async_trait]
impl Write for Ask {
    type Output = bool;
    const NAME: &'static str = "ask_lease";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let query = diesel::sql_query(self.statement)
            .bind::<Text, _>(&self.name)
            .bind::<SqlUuid, _>(self.holder.0);
        let rows = match self.ttl_ms {
            Some(ttl_ms) => query.bind::<BigInt, _>(ttl_ms).execute(tx.conn).await?,
            None => query.execute(tx.conn).await?,
        };
        Ok(rows > 0)
    }

    fn after_loss(&self) -> AfterLoss<bool> {
        AfterLoss::Again
    }
}

#[async_trait]
impl Leases for PgStore {
    async fn try_acquire(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        self.write(Ask::of(ACQUIRE, name, holder).lasting(ttl)).await
    }

    async fn renew(
        &self,
        name: &str,
        holder: LeaseHolder,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        self.write(Ask::of(RENEW, name, holder).lasting(ttl)).await
    }

    async fn release(&self, name: &str, holder: LeaseHolder) -> Result<(), PortError> {
        self.write(Ask::of(RELEASE, name, holder)).await.map(drop)
    }
}
