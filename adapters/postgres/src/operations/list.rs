//! Reading operations by what is asked for.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationQuery, Page};

use super::OperationRow;
use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{readable, time};
use crate::schema::fastmcp_audit_log;

/// Narrows a query down to what is asked for. A macro, as the page and the count have other types.
macro_rules! matching {
    ($rows:expr, $query:expr) => {{
        let mut matching = $rows;
        if let Some(user) = &$query.user {
            matching = matching.filter(fastmcp_audit_log::user_id.eq(user.clone()));
        }
        if let Some(tenant) = &$query.tenant {
            matching = matching.filter(fastmcp_audit_log::tenant_id.eq(tenant.clone()));
        }
        if let Some(method) = &$query.method {
            matching = matching.filter(fastmcp_audit_log::method.eq(method.clone()));
        }
        if let Some(tool) = &$query.tool {
            matching = matching.filter(fastmcp_audit_log::tool_name.eq(tool.clone()));
        }
        if let Some(server) = $query.server {
            matching = matching.filter(fastmcp_audit_log::server_id.eq(server.0));
        }
        if let Some(success) = $query.success {
            matching = matching.filter(fastmcp_audit_log::success.eq(success));
        }
        if let Some(from) = $query.from {
            matching = matching.filter(fastmcp_audit_log::timestamp.ge(time(from)));
        }
        if let Some(to) = $query.to {
            matching = matching.filter(fastmcp_audit_log::timestamp.le(time(to)));
        }
        matching
    }};
}

/// A page of what is asked for, and how many there are in all.
pub(super) async fn list(
    conn: &mut Connection,
    query: &OperationQuery,
) -> Result<Page<Operation>, StoreError> {
    let count = matching!(fastmcp_audit_log::table.into_boxed(), query).count();
    let total: i64 = count.get_result(conn).await?;
    Ok(Page { total: total.unsigned_abs(), items: page(conn, query).await? })
}

/// A page of it, the newest first.
pub(super) async fn page(
    conn: &mut Connection,
    query: &OperationQuery,
) -> Result<Vec<Operation>, StoreError> {
    let (at, id) = (fastmcp_audit_log::timestamp, fastmcp_audit_log::id);
    let mut page = matching!(fastmcp_audit_log::table.into_boxed(), query);
    if let Some(after) = query.after {
        // The first condition says nothing new: it lets PostgreSQL start in the index.
        let (last_at, last_id) = (time(after.created_at), after.id.0);
        page = page.filter(at.le(last_at)).filter(at.lt(last_at).or(id.lt(last_id)));
    }
    let rows: Vec<OperationRow> = page
        .order((at.desc(), id.desc()))
        .limit(query.limit.into())
        .select(OperationRow::as_select())
        .load(conn)
        .await?;
    readable(rows.into_iter().map(OperationRow::read))
}
