//! Signing keys, denials of tokens, and the sweep.

use diesel::prelude::*;
use jiff::Timestamp;
use registry_domain::oauth::{Denial, SigningKey};

use crate::error::StoreError;
use crate::place::{Place, time_text};
use crate::schema::{oauth_clients, oauth_consents, oauth_denials, oauth_grants, oauth_keys};

pub(super) fn deny(conn: &mut SqliteConnection, denial: &Denial) -> Result<(), StoreError> {
    diesel::insert_or_ignore_into(oauth_denials::table)
        .values((
            oauth_denials::denied_id.eq(denial.what.to_string()),
            oauth_denials::since.eq(time_text(denial.since)),
            oauth_denials::ends_at.eq(time_text(denial.ends_at)),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn denied_since(
    conn: &mut SqliteConnection,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<Denial>, StoreError> {
    let rows: Vec<(String, String, String)> = oauth_denials::table
        .filter(oauth_denials::since.ge(time_text(since)))
        .filter(oauth_denials::ends_at.gt(time_text(now)))
        .load(conn)?;
    rows.iter()
        .map(|(id, since, ends_at)| {
            let place = Place { table: "oauth_denials", row: id };
            Ok(Denial {
                what: place.uuid("denied_id", id)?,
                since: place.time("since", since)?,
                ends_at: place.time("ends_at", ends_at)?,
            })
        })
        .collect()
}

pub(super) fn insert(conn: &mut SqliteConnection, key: &SigningKey) -> Result<bool, StoreError> {
    let inserted = diesel::insert_or_ignore_into(oauth_keys::table)
        .values((
            oauth_keys::generation.eq(key.generation),
            oauth_keys::kid.eq(&key.kid),
            oauth_keys::sealed.eq(&key.sealed),
            oauth_keys::signs_from.eq(time_text(key.signs_from)),
            oauth_keys::ends_at.eq(time_text(key.ends_at)),
        ))
        .execute(conn)?;
    Ok(inserted > 0)
}

pub(super) fn list(conn: &mut SqliteConnection) -> Result<Vec<SigningKey>, StoreError> {
    let rows: Vec<(i64, String, Vec<u8>, String, String)> =
        oauth_keys::table.order(oauth_keys::generation).load(conn)?;
    rows.into_iter()
        .map(|(generation, kid, sealed, signs_from, ends_at)| {
            let place = Place { table: "oauth_keys", row: &kid };
            Ok(SigningKey {
                generation,
                signs_from: place.time("signs_from", &signs_from)?,
                ends_at: place.time("ends_at", &ends_at)?,
                kid,
                sealed,
            })
        })
        .collect()
}

/// Takes away what has ended. The newest key stays: the next one is counted from it.
pub(super) fn sweep(conn: &mut SqliteConnection, now: &str) -> Result<(), StoreError> {
    diesel::delete(oauth_clients::table.filter(oauth_clients::ends_at.le(now))).execute(conn)?;
    diesel::delete(oauth_consents::table.filter(oauth_consents::ends_at.le(now))).execute(conn)?;
    diesel::delete(oauth_grants::table.filter(oauth_grants::ends_at.le(now))).execute(conn)?;
    diesel::delete(oauth_denials::table.filter(oauth_denials::ends_at.le(now))).execute(conn)?;
    let newest: Option<i64> =
        oauth_keys::table.select(diesel::dsl::max(oauth_keys::generation)).first(conn)?;
    if let Some(newest) = newest {
        let ended = oauth_keys::table
            .filter(oauth_keys::ends_at.le(now))
            .filter(oauth_keys::generation.lt(newest));
        diesel::delete(ended).execute(conn)?;
    }
    Ok(())
}
