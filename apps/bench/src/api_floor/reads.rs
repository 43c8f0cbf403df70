//! The statements that read, as `adapters/postgres` writes them.

use diesel::dsl::{IntoBoxed, LeftJoin};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use jiff::Timestamp;
use uuid::Uuid;

use super::rows::{CandidateRow, RegistrationRow, SummaryRow, Time, UserRow, View};
use super::schema::{candidate_manifests, registrations, retired_aliases, servers, users};

type Joined = LeftJoin<LeftJoin<registrations::table, candidate_manifests::table>, servers::table>;

/// Who asks: the product looks that up for each request.
pub(super) async fn user(conn: &mut AsyncPgConnection, subject: &str) -> QueryResult<UserRow> {
    users::table.filter(users::entra_id.eq(subject)).select(UserRow::as_select()).first(conn).await
}

fn joined<'q>() -> IntoBoxed<'q, Joined, Pg> {
    registrations::table
        .left_join(candidate_manifests::table)
        .left_join(servers::table)
        .into_boxed()
}

async fn load(
    query: IntoBoxed<'_, Joined, Pg>,
    mut conn: &AsyncPgConnection,
) -> QueryResult<Vec<View>> {
    query
        .select((
            RegistrationRow::as_select(),
            Option::<CandidateRow>::as_select(),
            Option::<SummaryRow>::as_select(),
        ))
        .load(&mut conn)
        .await
}

/// One registration with what belongs to it.
pub(super) async fn find(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<View> {
    let query = joined().filter(registrations::registration_id.eq(id));
    load(query, conn).await?.pop().ok_or(diesel::result::Error::NotFound)
}

/// The newest ones, and how many there are: both statements are sent at once.
pub(super) async fn page(
    conn: &mut AsyncPgConnection,
    limit: u32,
) -> QueryResult<(i64, Vec<View>)> {
    let order = (registrations::created_at.desc(), registrations::registration_id.desc());
    let page = joined().limit(limit.into()).offset(0).order(order);
    let count = registrations::table.into_boxed::<Pg>().count();
    let mut counting = &*conn;
    tokio::try_join!(count.get_result(&mut counting), load(page, conn))
}

/// Whether a server has this alias or this name, or one that is gone had the alias.
pub(super) async fn taken(
    conn: &mut AsyncPgConnection,
    name: &str,
    alias: &str,
    now: Timestamp,
) -> QueryResult<bool> {
    let nobody = servers::tenant_id.is_not_distinct_from(None::<&str>);
    let by_alias: Option<Uuid> = servers::table
        .filter(servers::alias.eq(alias))
        .filter(nobody)
        .select(servers::id)
        .first(conn)
        .await
        .optional()?;
    let by_name: Option<Uuid> = servers::table
        .filter(servers::name.eq(name))
        .filter(nobody)
        .select(servers::id)
        .first(conn)
        .await
        .optional()?;
    let kept = is_in_quarantine(conn, alias, now).await?;
    Ok(by_alias.is_some() || by_name.is_some() || kept)
}

/// Whether a server that is gone had this alias not long ago.
pub(super) async fn is_in_quarantine(
    conn: &mut AsyncPgConnection,
    alias: &str,
    now: Timestamp,
) -> QueryResult<bool> {
    let kept: i64 = retired_aliases::table
        .find(("", alias))
        .filter(retired_aliases::free_at.gt(Time::from(now)))
        .count()
        .get_result(conn)
        .await?;
    Ok(kept > 0)
}

/// The digest of what was found.
pub(super) async fn digest(conn: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<String>> {
    candidate_manifests::table.find(id).select(candidate_manifests::digest).first(conn).await
}
