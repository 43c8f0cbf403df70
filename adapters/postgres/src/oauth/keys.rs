//! Signing keys, denials of tokens, and the sweep.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::oauth::{Denial, SigningKey};
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Time, time};
use crate::schema::{oauth_clients, oauth_consents, oauth_denials, oauth_grants, oauth_keys};
use crate::write::{AfterLoss, Tx, Write};

pub(super) async fn deny(conn: &mut Connection, denial: &Denial) -> Result<(), StoreError> {
    diesel::insert_into(oauth_denials::table)
        .values((
            oauth_denials::denied_id.eq(denial.what),
            oauth_denials::since.eq(time(denial.since)),
            oauth_denials::ends_at.eq(time(denial.ends_at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Refuses a token.
pub(super) struct Deny(pub(super) Denial);

#[async_trait]
impl Write for Deny {
    type Output = ();
    const NAME: &'static str = "deny_token";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        deny(tx.conn, &self.0).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

pub(super) async fn denied_since(
    conn: &mut Connection,
    (since, now): &(Timestamp, Timestamp),
) -> Result<Vec<Denial>, StoreError> {
    let rows: Vec<(Uuid, Time, Time)> = oauth_denials::table
        .filter(oauth_denials::since.ge(time(*since)))
        .filter(oauth_denials::ends_at.gt(time(*now)))
        .load(conn)
        .await?;
    let denial = |(what, since, ends_at): (Uuid, Time, Time)| Denial {
        what,
        since: since.to_jiff(),
        ends_at: ends_at.to_jiff(),
    };
    Ok(rows.into_iter().map(denial).collect())
}

/// Keeps a key, unless another replica made the one of its generation.
pub(super) struct Insert(pub(super) SigningKey);

#[async_trait]
impl Write for Insert {
    type Output = bool;
    const NAME: &'static str = "insert_signing_key";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let Self(key) = self;
        let inserted = diesel::insert_into(oauth_keys::table)
            .values((
                oauth_keys::generation.eq(key.generation),
                oauth_keys::kid.eq(&key.kid),
                oauth_keys::sealed.eq(&key.sealed),
                oauth_keys::signs_from.eq(time(key.signs_from)),
                oauth_keys::ends_at.eq(time(key.ends_at)),
            ))
            .on_conflict_do_nothing()
            .execute(tx.conn)
            .await?;
        Ok(inserted > 0)
    }

    /// Whoever made it: the keys are read anew in either case.
    fn after_loss(&self) -> AfterLoss<bool> {
        AfterLoss::Again
    }
}

pub(super) async fn list(conn: &mut Connection) -> Result<Vec<SigningKey>, StoreError> {
    let rows: Vec<(i64, String, Vec<u8>, Time, Time)> =
        oauth_keys::table.order(oauth_keys::generation).load(conn).await?;
    let key =
        |(generation, kid, sealed, signs_from, ends_at): (i64, String, Vec<u8>, Time, Time)| {
            let (signs_from, ends_at) = (signs_from.to_jiff(), ends_at.to_jiff());
            SigningKey { generation, kid, sealed, signs_from, ends_at }
        };
    Ok(rows.into_iter().map(key).collect())
}

/// Takes away what has ended. The newest key stays: the next one is counted from it.
pub(super) struct Sweep(pub(super) Timestamp);

#[async_trait]
impl Write for Sweep {
    type Output = ();
    const NAME: &'static str = "sweep_oauth";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = time(self.0);
        diesel::delete(oauth_clients::table.filter(oauth_clients::ends_at.le(now)))
            .execute(tx.conn)
            .await?;
        diesel::delete(oauth_consents::table.filter(oauth_consents::ends_at.le(now)))
            .execute(tx.conn)
            .await?;
        diesel::delete(oauth_grants::table.filter(oauth_grants::ends_at.le(now)))
            .execute(tx.conn)
            .await?;
        diesel::delete(oauth_denials::table.filter(oauth_denials::ends_at.le(now)))
            .execute(tx.conn)
            .await?;
        let newest: Option<i64> = oauth_keys::table
            .select(diesel::dsl::max(oauth_keys::generation))
            .first(tx.conn)
            .await?;
        if let Some(newest) = newest {
            let ended = oauth_keys::table
                .filter(oauth_keys::ends_at.le(now))
                .filter(oauth_keys::generation.lt(newest));
            diesel::delete(ended).execute(tx.conn).await?;
        }
        Ok(())
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}
