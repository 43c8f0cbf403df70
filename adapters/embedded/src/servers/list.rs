//! Reading servers as their readers see them: a page in one statement, its definitions in another,
//! and one to count.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use registry_domain::caller::TenantScope;
use registry_domain::id::ServerId;
use registry_domain::ports::{Include, Order, Page, ServerQuery, ServerView};
use registry_domain::server::HealthStatus;

use super::definitions::{self, Kinds};
use super::row::ViewRow;
use crate::error::StoreError;
use crate::place::{readable, time_text};
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
) -> servers::BoxedQuery<'q, Sqlite> {
    let mut rows = of_tenants!(servers::table.into_boxed(), tenant);
    if let Some(health) = health {
        rows = rows.filter(servers::health_status.eq(health.as_str()));
    }
    for tag in tags {
        let tagged = sql::<Bool>("EXISTS (SELECT 1 FROM json_each(servers.tags) WHERE value = ")
            .bind::<Text, _>(tag)
            .sql(")");
        rows = rows.filter(tagged);
    }
    rows
}

fn matching(query: &ServerQuery) -> servers::BoxedQuery<'_, Sqlite> {
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
pub(super) fn views(
    conn: &mut SqliteConnection,
    rows: Vec<ViewRow>,
    include: Include,
) -> Result<Vec<ServerView>, StoreError> {
    let mut pinned = std::collections::HashMap::default();
    if include.any() && !rows.is_empty() {
        let ids: Vec<String> = rows.iter().map(|row| row.id().to_owned()).collect();
        pinned = definitions::of_each(conn, &ids, Kinds::of(include))?;
    }
    readable(rows.into_iter().map(|row| {
        let definitions = pinned.remove(row.id()).unwrap_or(Ok(Vec::new()))?;
        row.read(definitions)
    }))
}

/// A server by id.
pub(super) fn find(
    conn: &mut SqliteConnection,
    id: ServerId,
    include: Include,
) -> Result<Option<ServerView>, StoreError> {
    let row: Option<ViewRow> =
        servers::table.find(id.to_string()).select(ViewRow::as_select()).first(conn).optional()?;
    let Some(row) = row else { return Ok(None) };
    let ids = [row.id().to_owned()];
    let pinned = definitions::of_each(conn, &ids, Kinds::of(include))?;
    let definitions = pinned.into_values().next().unwrap_or(Ok(Vec::new()))?;
    row.read(definitions).map(Some)
}

/// A page, and how many match in all.
pub(super) fn list(
    conn: &mut SqliteConnection,
    query: &ServerQuery,
) -> Result<Page<ServerView>, StoreError> {
    let total: i64 = matching(query).count().get_result(conn)?;
    let mut page = matching(query).limit(query.limit.into()).offset(query.offset.into());
    let (at, id) = (servers::created_at, servers::id);
    if let Some(after) = query.after {
        // The first condition says nothing new: it lets SQLite start in the index.
        let (last_at, last_id) = (time_text(after.created_at), after.id.to_string());
        page = match query.order {
            Order::NewestFirst => {
                page.filter(at.le(last_at.clone())).filter(at.lt(last_at).or(id.lt(last_id)))
            }
            Order::OldestFirst => {
                page.filter(at.ge(last_at.clone())).filter(at.gt(last_at).or(id.gt(last_id)))
            }
        };
    }
    page = match query.order {
        Order::NewestFirst => page.order((at.desc(), id.desc())),
        Order::OldestFirst => page.order((at.asc(), id.asc())),
    };
    let rows: Vec<ViewRow> = page.select(ViewRow::as_select()).load(conn)?;
    let items = views(conn, rows, query.include)?;
    Ok(Page { total: total.unsigned_abs(), items })
}
