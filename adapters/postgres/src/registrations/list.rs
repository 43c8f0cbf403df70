//! Reading registrations with what belongs to them, in one statement (and one to count).

use diesel::dsl::{IntoBoxed, LeftJoin};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::caller::TenantScope;
use registry_domain::id::RegistrationId;
use registry_domain::manifest::Discovery;
use registry_domain::ports::{Order, Page, RegistrationQuery, RegistrationView};

use super::candidate::CandidateRow;
use super::row::RegistrationRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{readable, time};
use crate::schema::{candidate_manifests, registrations, servers};
use crate::search::pattern;
use crate::servers::SummaryRow;

type Joined = LeftJoin<LeftJoin<registrations::table, candidate_manifests::table>, servers::table>;
type Row = (RegistrationRow, Option<CandidateRow>, Option<SummaryRow>);

/// Those of some tenants. A macro, as the page and the count have other types.
macro_rules! of_tenants {
    ($rows:expr, $scope:expr) => {
        match $scope {
            TenantScope::All => $rows,
            TenantScope::Shared => $rows.filter(registrations::tenant_id.is_null()),
            TenantScope::Of(tenant) => $rows.filter(
                registrations::tenant_id
                    .is_null()
                    .or(registrations::tenant_id.eq(tenant.as_str()).assume_not_null()),
            ),
            TenantScope::Only(tenant) => $rows.filter(registrations::tenant_id.eq(tenant.as_str())),
            // No registration is without an id.
            TenantScope::Nothing => $rows.filter(registrations::registration_id.is_null()),
        }
    };
}

/// Narrows a query down to what is asked for. A macro, as the page and the count have other types:
/// counting needs no joins, each row has at most one candidate and one server.
macro_rules! matching {
    ($rows:expr, $query:expr) => {{
        let mut matching = of_tenants!($rows, &$query.tenant);
        if let Some(status) = $query.status {
            matching = matching.filter(registrations::status.eq(status.as_str()));
        }
        if let Some(submitter) = $query.submitter {
            matching = matching.filter(registrations::submitter_id.eq(submitter.0));
        }
        if let Some(search) = &$query.search {
            let found = registrations::search_key.like(pattern(search)).escape('\\');
            matching = matching.filter(found);
        }
        matching
    }};
}

fn joined<'q>() -> IntoBoxed<'q, Joined, Pg> {
    registrations::table
        .left_join(candidate_manifests::table)
        .left_join(servers::table)
        .into_boxed()
}

fn view((registration, candidate, server): Row) -> Result<RegistrationView, StoreError> {
    Ok(RegistrationView {
        registration: registration.read()?,
        discovery: candidate.map_or(Ok(Discovery::Pending), CandidateRow::read)?,
        server: server.map(SummaryRow::read).transpose()?,
    })
}

async fn load(query: IntoBoxed<'_, Joined, Pg>, mut conn: &Connection) -> QueryResult<Vec<Row>> {
    query
        .select((
            RegistrationRow::as_select(),
            Option::<CandidateRow>::as_select(),
            Option::<SummaryRow>::as_select(),
        ))
        .load(&mut conn)
        .await
}

/// A registration by id.
pub(super) async fn find(
    conn: &mut Connection,
    id: RegistrationId,
) -> Result<Option<RegistrationView>, StoreError> {
    let query = joined().filter(registrations::registration_id.eq(id.0));
    load(query, conn).await?.pop().map(view).transpose()
}

/// A registration by its address: the same text before another spelling of it.
pub(super) async fn find_by_url(
    conn: &mut Connection,
    text: &str,
    key: Option<&str>,
) -> Result<Option<RegistrationView>, StoreError> {
    let same_text = joined().filter(registrations::endpoint_url.eq(text));
    let mut found = load(same_text, conn).await?.pop();
    if let (None, Some(key)) = (&found, key) {
        let same_key = joined().filter(registrations::url_key.eq(key));
        found = load(same_key, conn).await?.pop();
    }
    found.map(view).transpose()
}

/// A page, and how many match in all. Both statements are sent at once.
pub(super) async fn list(
    conn: &mut Connection,
    query: &RegistrationQuery,
) -> Result<Page<RegistrationView>, StoreError> {
    let mut page = matching!(joined(), query).limit(query.limit.into()).offset(query.offset.into());
    let at = registrations::created_at;
    let id = registrations::registration_id;
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
    page = match query.order {
        Order::NewestFirst => page.order((at.desc(), id.desc())),
        Order::OldestFirst => page.order((at.asc(), id.asc())),
    };
    let count = matching!(registrations::table.into_boxed(), query).count();
    let mut counting = &*conn;
    let (total, rows) =
        futures_util::try_join!(count.get_result::<i64>(&mut counting), load(page, conn))?;
    Ok(Page { total: total.unsigned_abs(), items: readable(rows.into_iter().map(view))? })
}
