//! Grants: one row for each chain of refresh tokens.

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::oauth::{Denial, Grant, GrantRotation, Rotated};
use uuid::Uuid;

use super::keys;
use crate::error::StoreError;
use crate::place::{Place, json_text, time_text};
use crate::schema::{oauth_clients, oauth_grants};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = oauth_grants)]
struct GrantRow {
    grant_id: String,
    client_id: String,
    subject: String,
    tenant_id: Option<String>,
    resource: String,
    scopes: String,
    serial: i64,
    sealed: Vec<u8>,
    created_at: String,
    ends_at: String,
}

impl GrantRow {
    fn of(grant: &Grant) -> Result<Self, StoreError> {
        Ok(Self {
            grant_id: grant.id.to_string(),
            client_id: grant.client.clone(),
            subject: grant.subject.clone(),
            tenant_id: grant.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            resource: grant.resource.clone(),
            scopes: json_text(&grant.scopes)?,
            serial: grant.serial,
            sealed: grant.sealed.clone(),
            created_at: time_text(grant.created_at),
            ends_at: time_text(grant.ends_at),
        })
    }

    fn read(self) -> Result<Grant, StoreError> {
        let place = Place { table: "oauth_grants", row: &self.grant_id };
        Ok(Grant {
            id: place.uuid("grant_id", &self.grant_id)?,
            tenant: place.tenant(self.tenant_id.as_deref())?,
            scopes: place.json("scopes", &self.scopes)?,
            created_at: place.time("created_at", &self.created_at)?,
            ends_at: place.time("ends_at", &self.ends_at)?,
            client: self.client_id,
            subject: self.subject,
            resource: self.resource,
            serial: self.serial,
            sealed: self.sealed,
        })
    }
}

pub(super) fn insert(
    conn: &mut SqliteConnection,
    grant: &Grant,
    most: u32,
) -> Result<(), StoreError> {
    diesel::insert_into(oauth_grants::table).values(GrantRow::of(grant)?).execute(conn)?;
    let too_old: Vec<String> = oauth_grants::table
        .filter(oauth_grants::subject.eq(&grant.subject))
        .order(oauth_grants::created_at.desc())
        .offset(most.into())
        .select(oauth_grants::grant_id)
        .load(conn)?;
    if !too_old.is_empty() {
        diesel::delete(oauth_grants::table.filter(oauth_grants::grant_id.eq_any(too_old)))
            .execute(conn)?;
    }
    keep_client(conn, &grant.client, grant.ends_at)
}

/// A client lives at least as long as what was granted it.
fn keep_client(
    conn: &mut SqliteConnection,
    client: &str,
    until: Timestamp,
) -> Result<(), StoreError> {
    let shorter =
        oauth_clients::table.find(client).filter(oauth_clients::ends_at.lt(time_text(until)));
    diesel::update(shorter).set(oauth_clients::ends_at.eq(time_text(until))).execute(conn)?;
    Ok(())
}

pub(super) fn find(
    conn: &mut SqliteConnection,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Grant>, StoreError> {
    let row: Option<GrantRow> = oauth_grants::table
        .find(id.to_string())
        .filter(oauth_grants::ends_at.gt(time_text(now)))
        .select(GrantRow::as_select())
        .first(conn)
        .optional()?;
    row.map(GrantRow::read).transpose()
}

pub(super) fn rotate(
    conn: &mut SqliteConnection,
    rotation: &GrantRotation,
    now: Timestamp,
) -> Result<Rotated, StoreError> {
    let row = oauth_grants::table.find(rotation.grant.to_string());
    let living = row.clone().filter(oauth_grants::ends_at.gt(time_text(now)));
    let stored: Option<(i64, String)> =
        living.select((oauth_grants::serial, oauth_grants::client_id)).first(conn).optional()?;
    let Some((serial, client)) = stored else { return Ok(Rotated::Gone) };
    if serial != rotation.expected {
        return Ok(Rotated::Reused);
    }
    let next = serial.saturating_add(1);
    diesel::update(row)
        .set((
            oauth_grants::serial.eq(next),
            oauth_grants::sealed.eq(&rotation.sealed),
            oauth_grants::ends_at.eq(time_text(rotation.ends_at)),
        ))
        .execute(conn)?;
    keep_client(conn, &client, rotation.ends_at)?;
    Ok(Rotated::To(next))
}

pub(super) fn end(conn: &mut SqliteConnection, denial: &Denial) -> Result<(), StoreError> {
    diesel::delete(oauth_grants::table.find(denial.what.to_string())).execute(conn)?;
    keys::deny(conn, denial)
}
