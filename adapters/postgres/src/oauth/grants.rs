//! Grants: one row for each chain of refresh tokens.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use registry_domain::oauth::{Denial, Grant, GrantRotation, Rotated};
use serde_json::Value;
use uuid::Uuid;

use super::keys;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, json_value, time, without_nul};
use crate::schema::{oauth_clients, oauth_grants};
use crate::write::{AfterLoss, Tx, Write};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_grants)]
struct GrantRow {
    grant_id: Uuid,
    client_id: String,
    subject: String,
    tenant_id: Option<String>,
    resource: String,
    scopes: Value,
    serial: i64,
    sealed: Vec<u8>,
    created_at: Time,
    ends_at: Time,
}

impl GrantRow {
    fn of(grant: &Grant) -> Result<Self, StoreError> {
        Ok(Self {
            grant_id: grant.id,
            client_id: grant.client.clone(),
            subject: without_nul(&grant.subject).into_owned(),
            tenant_id: grant.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            resource: grant.resource.clone(),
            scopes: json_value(&grant.scopes)?,
            serial: grant.serial,
            sealed: grant.sealed.clone(),
            created_at: time(grant.created_at),
            ends_at: time(grant.ends_at),
        })
    }

    fn read(self) -> Result<Grant, StoreError> {
        let place = Place { table: "oauth_grants", row: self.grant_id };
        Ok(Grant {
            id: self.grant_id,
            tenant: place.tenant(self.tenant_id.as_deref())?,
            scopes: place.json("scopes", self.scopes)?,
            created_at: self.created_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            client: self.client_id,
            subject: self.subject,
            resource: self.resource,
            serial: self.serial,
            sealed: self.sealed,
        })
    }
}

/// Keeps a grant, and forgets the person's oldest beyond the bound.
pub(super) struct Insert {
    pub(super) grant: Grant,
    pub(super) most: u32,
}

#[async_trait]
impl Write for Insert {
    type Output = ();
    const NAME: &'static str = "insert_grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let row = GrantRow::of(&self.grant)?;
        let subject = row.subject.clone();
        diesel::insert_into(oauth_grants::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(tx.conn)
            .await?;
        let too_old: Vec<Uuid> = oauth_grants::table
            .filter(oauth_grants::subject.eq(subject))
            .order(oauth_grants::created_at.desc())
            .offset(self.most.into())
            .select(oauth_grants::grant_id)
            .load(tx.conn)
            .await?;
        if !too_old.is_empty() {
            diesel::delete(oauth_grants::table.filter(oauth_grants::grant_id.eq_any(too_old)))
                .execute(tx.conn)
                .await?;
        }
        keep_client(tx.conn, &self.grant.client, self.grant.ends_at).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

/// A client lives at least as long as what was granted it.
async fn keep_client(
    conn: &mut Connection,
    client: &str,
    until: Timestamp,
) -> Result<(), StoreError> {
    let shorter = oauth_clients::table.find(client).filter(oauth_clients::ends_at.lt(time(until)));
    diesel::update(shorter).set(oauth_clients::ends_at.eq(time(until))).execute(conn).await?;
    Ok(())
}

pub(super) async fn find(
    conn: &mut Connection,
    (id, now): &(Uuid, Timestamp),
) -> Result<Option<Grant>, StoreError> {
    let row: Option<GrantRow> = oauth_grants::table
        .find(id)
        .filter(oauth_grants::ends_at.gt(time(*now)))
        .select(GrantRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(GrantRow::read).transpose()
}

/// Makes the next serial number the good one. After a lost answer nobody can tell a second try from a
/// second use, so it is not tried again.
pub(super) struct Rotate {
    pub(super) rotation: GrantRotation,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Write for Rotate {
    type Output = Rotated;
    const NAME: &'static str = "rotate_grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Rotated, StoreError> {
        let Self { rotation, now } = self;
        let row = oauth_grants::table.find(rotation.grant);
        let stored: Option<(i64, String)> = row
            .filter(oauth_grants::ends_at.gt(time(*now)))
            .select((oauth_grants::serial, oauth_grants::client_id))
            .for_update()
            .first(tx.conn)
            .await
            .optional()?;
        let Some((serial, client)) = stored else { return Ok(Rotated::Gone) };
        if serial != rotation.expected {
            return Ok(Rotated::Reused);
        }
        let next = serial.saturating_add(1);
        diesel::update(row)
            .set((
                oauth_grants::serial.eq(next),
                oauth_grants::sealed.eq(&rotation.sealed),
                oauth_grants::ends_at.eq(time(rotation.ends_at)),
            ))
            .execute(tx.conn)
            .await?;
        keep_client(tx.conn, &client, rotation.ends_at).await?;
        Ok(Rotated::To(next))
    }
}

/// Ends a grant and denies its tokens.
pub(super) struct End(pub(super) Denial);

#[async_trait]
impl Write for End {
    type Output = ();
    const NAME: &'static str = "end_grant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        diesel::delete(oauth_grants::table.find(self.0.what)).execute(tx.conn).await?;
        keys::deny(tx.conn, &self.0).await
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}
