//! Reading servers as their readers see them: a page in one statement, its definitions in another,
//! and one to count.

use diesel::dsl::IntervalDsl as _;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::caller::TenantScope;
use registry_domain::id::ServerId;
use registry_domain::ports::{Include, Order, Page, ServerQuery, ServerView};
use registry_domain::server::HealthStatus;

use super::definitions::{self, Kinds};
use super::row::ViewRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::labels::Label;
use crate::place::{readable, time};
use crate::schema::servers;
use crate::search::pattern;

/// Narrows servers down to those of some tenants.
macro_rules! of_tenants {
    ($rows:expr, $scope:expr) => {
        match $scope {
            TenantScope::All => $rows,
            TenantScope::Shared => $rows.filter(servers::tenant_id.is_null()),
            TenantScope::Of(tenant) => $rows.filter(
                servers::tenant_id
                    .is_null()
                    .or(servers::tenant_id.eq(tenant.as_str()).assume_not_null()),
            ),
            TenantScope::Only(tenant) => $rows.filter(servers::tenant_id.eq(tenant.as_str())),
            // No server is without an id.
            TenantScope::Nothing => $rows.filter(servers::id.is_null()),
        }
    };
}
pub(super) use of_tenants;

/// Servers of some tenants, with a status and with all of some tags.
pub(super) fn narrowed<'q>(
    tenant: &'q TenantScope,
    health: Option<HealthStatus>,
    tags: &'q [String],
) -> servers::BoxedQuery<'q, Pg> {
    let mut rows = of_tenants!(servers::table.into_boxed(), tenant);
    if let Some(health) = health {
        rows = rows.filter(servers::health_status.eq(Label(health.as_str().to_owned())));
    }
    if !tags.is_empty() {
        let tags: Vec<Option<&str>> = tags.iter().map(|tag| Some(tag.as_str())).collect();
        rows = rows.filter(servers::tags.contains(tags));
    }
    rows
}

fn matching(query: &ServerQuery) -> servers::BoxedQuery<'_, Pg> {
    let mut rows = narrowed(&query.tenant, query.health, &query.tags);
    if let Some(name) = &query.name {
        rows = rows.filter(servers::name.eq(name));
    }
    if let Some(search) = &query.search {
        rows = rows.filter(servers::search_key.like(pattern(search)).escape('\\'));
    }
    rows
}

/// Rows as views, with their definitions of the kinds that are asked for.
pub(super) async fn views(
    conn: &mut Connection,
    rows: Vec<ViewRow>,
    include: Include,
) -> Result<Vec<ServerView>, StoreError> {
    let mut pinned = std::collections::HashMap::new();
    if include.any() && !rows.is_empty() {
        let ids: Vec<uuid::Uuid> = rows.iter().map(ViewRow::id).collect();
        pinned = definitions::of_each(conn, &ids, Kinds::of(include)).await?;
    }
    readable(rows.into_iter().map(|row| {
        let definitions = pinned.remove(&row.id()).unwrap_or(Ok(Vec::new()))?;
        row.read(definitions)
    }))
}

/// A server by id.
pub(super) async fn find(
    conn: &mut Connection,
    id: ServerId,
    include: Include,
) -> Result<Option<ServerView>, StoreError> {
    let row: Option<ViewRow> =
        servers::table.find(id.0).select(ViewRow::as_select()).first(conn).await.optional()?;
    let Some(row) = row else { return Ok(None) };
    let mut pinned = std::collections::HashMap::new();
    if include.any() {
        pinned = definitions::of_each(conn, &[id.0], Kinds::of(include)).await?;
    }
    let definitions = pinned.remove(&id.0).unwrap_or(Ok(Vec::new()))?;
    row.read(definitions).map(Some)
}

/// A page, and how many match in all. Both statements are sent at once.
pub(super) async fn list(
    conn: &mut Connection,
    query: &ServerQuery,
) -> Result<Page<ServerView>, StoreError> {
    let mut page = matching(query).limit(query.limit.into()).offset(query.offset.into());
    let (at, id) = (servers::created_at, servers::id);
    if let Some(after) = query.after {
        // The first condition says nothing new: it lets PostgreSQL start in the index.
        let (last_at, last_id) = (time(after.created_at), after.id.0);
        page = match query.order {
            Order::NewestFirst => {
                page.filter(at.le(last_at)).filter(at.lt(last_at).or(id.lt(last_id)))
            }
            Order::OldestFirst => {
                page.filter(at.ge(last_at)).filter(at.gt(last_at).or(id.gt(last_id)))
            }
        };
    }
    // PostgreSQL knows little of how rare a tag is. To come by few in the order of the index it may
    // read all servers: those with the tags are sorted instead, as they are all counted anyway.
    let sorted = at + 0.seconds();
    page = match (query.order, query.tags.is_empty()) {
        (Order::NewestFirst, true) => page.order((at.desc(), id.desc())),
        (Order::OldestFirst, true) => page.order((at.asc(), id.asc())),
        (Order::NewestFirst, false) => page.order((sorted.desc(), id.desc())),
        (Order::OldestFirst, false) => page.order((sorted.asc(), id.asc())),
    };
    let page = page.select(ViewRow::as_select());
    let (total, rows) = {
        let (mut counting, mut loading) = (&*conn, &*conn);
        let count = matching(query).count();
        futures_util::try_join!(
            count.get_result::<i64>(&mut counting),
            page.load::<ViewRow>(&mut loading)
        )?
    };
    let items = views(conn, rows, query.include).await?;
    Ok(Page { total: total.unsigned_abs(), items })
}
