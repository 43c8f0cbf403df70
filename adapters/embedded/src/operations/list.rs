//! Reading operations by what is asked for.

use diesel::prelude::*;
use registry_domain::operation::Operation;
use registry_domain::ports::OperationQuery;

use super::OperationRow;
use crate::error::StoreError;
use crate::place::{readable, time_text};
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
            matching = matching.filter(fastmcp_audit_log::server_id.eq(server.to_string()));
        }
        if let Some(success) = $query.success {
            matching = matching.filter(fastmcp_audit_log::success.eq(success));
        }
        if let Some(from) = $query.from {
            matching = matching.filter(fastmcp_audit_log::timestamp.ge(time_text(from)));
        }
        if let Some(to) = $query.to {
            matching = matching.filter(fastmcp_audit_log::timestamp.le(time_text(to)));
        }
        matching
    }};
}

/// How many operations are asked for.
pub(super) fn count(
    conn: &mut SqliteConnection,
    query: &OperationQuery,
) -> Result<u64, StoreError> {
    let total: i64 =
        matching!(fastmcp_audit_log::table.into_boxed(), query).count().get_result(conn)?;
    Ok(total.unsigned_abs())
}

/// A page of them, the newest first.
pub(super) fn page(
    conn: &mut SqliteConnection,
    query: &OperationQuery,
) -> Result<Vec<Operation>, StoreError> {
    let (at, id) = (fastmcp_audit_log::timestamp, fastmcp_audit_log::id);
    let mut page = matching!(fastmcp_audit_log::table.into_boxed(), query);
    if let Some(after) = query.after {
        // The first condition says nothing new: it lets SQLite start in the index.
        let (last_at, last_id) = (time_text(after.created_at), after.id.to_string());
        page = page.filter(at.le(last_at.clone())).filter(at.lt(last_at).or(id.lt(last_id)));
    }
    let rows: Vec<OperationRow> = page
        .order((at.desc(), id.desc()))
        .limit(query.limit.into())
        .select(OperationRow::as_select())
        .load(conn)?;
    readable(rows.into_iter().map(OperationRow::read))
}
