//! The port `OperationLog`: many small rows, a batch in one statement.

use std::net::AddrParseError;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::chain::{Chain, Entry, canonical};
use registry_domain::id::{OperationId, ServerId};
use registry_domain::json::normal_form;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, OperationQuery, Page, PortError, Span};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, readable, time_text};
use crate::read::View;
use crate::schema::fastmcp_audit_log;
use crate::store::PgStore;

mod append;
mod list;

use append::Append;

/// Rows of one transaction: a long one would only hold up the removal of old rows.
const CHUNK: usize = 1000;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = fastmcp_audit_log)]
struct OperationRow {
    id: Uuid,
    user_id: Option<String>,
    tenant_id: Option<String>,
    email: Option<String>,
    method: String,
    tool_name: Option<String>,
    params: Option<Value>,
    success: bool,
    error_message: Option<String>,
    duration_ms: i32,
    timestamp: Time,
    error_code: Option<String>,
    request_id: String,
    server_id: Option<Uuid>,
    client_ip: Option<String>,
}

impl OperationRow {
    fn read(self) -> Result<Operation, StoreError> {
        let place = Place { table: "fastmcp_audit_log", row: self.id };
        Ok(Operation {
            id: OperationId(self.id),
            at: self.timestamp.to_jiff(),
            duration_ms: u32::try_from(self.duration_ms)
                .map_err(|source| place.unreadable("duration_ms", source))?,
            server_id: self.server_id.map(ServerId),
            client_address: self
                .client_ip
                .map(|text| text.parse())
                .transpose()
                .map_err(|source: AddrParseError| place.unreadable("client_ip", source))?,
            user_id: self.user_id,
            tenant_id: self.tenant_id,
            email: self.email,
            method: self.method,
            tool_name: self.tool_name,
            params: self.params.map(|params| params.to_string()),
            success: self.success,
            error_message: self.error_message,
            error_code: self.error_code,
            request_id: self.request_id,
        })
    }
}

impl OperationRow {
    /// The row as its chain has it: what stands in it, whether it reads or not.
    fn entry(&self, position: i64) -> Entry {
        let (id, at) = (self.id.to_string(), self.timestamp.to_jiff());
        let success = if self.success { "true" } else { "false" };
        let duration = self.duration_ms.to_string();
        let (params, timestamp) = (self.params.as_ref().map(normal_form), time_text(at));
        let server_id = self.server_id.map(|id| id.to_string());
        Entry {
            position,
            id: self.id,
            at: Some(at),
            canonical: canonical([
                ("id", Some(id.as_str())),
                ("user_id", self.user_id.as_deref()),
                ("tenant_id", self.tenant_id.as_deref()),
                ("email", self.email.as_deref()),
                ("method", Some(&self.method)),
                ("tool_name", self.tool_name.as_deref()),
                ("params", params.as_deref()),
                ("success", Some(success)),
                ("error_message", self.error_message.as_deref()),
                ("duration_ms", Some(&duration)),
                ("timestamp", Some(&timestamp)),
                ("error_code", self.error_code.as_deref()),
                ("request_id", Some(&self.request_id)),
                ("server_id", server_id.as_deref()),
                ("client_ip", self.client_ip.as_deref()),
            ]),
        }
    }
}

/// Records of a chain, in their order.
pub(crate) async fn entries(
    conn: &mut Connection,
    span: Span,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut rows = fastmcp_audit_log::table
        .filter(fastmcp_audit_log::chain.eq(span.chain.0))
        .filter(fastmcp_audit_log::position.gt(span.after))
        .order(fastmcp_audit_log::position)
        .limit(limit.into())
        .select((OperationRow::as_select(), fastmcp_audit_log::position.assume_not_null()))
        .into_boxed();
    if let Some(to) = span.to {
        rows = rows.filter(fastmcp_audit_log::position.le(to));
    }
    let rows: Vec<(OperationRow, i64)> = rows.load(conn).await?;
    Ok(rows.iter().map(|(row, position)| row.entry(*position)).collect())
}

async fn count(conn: &mut Connection) -> Result<u64, StoreError> {
    let count: i64 = fastmcp_audit_log::table.count().get_result(conn).await?;
    Ok(count.unsigned_abs())
}

async fn newest(conn: &mut Connection, limit: u32) -> Result<Vec<Operation>, StoreError> {
    let rows: Vec<OperationRow> = fastmcp_audit_log::table
        .order((fastmcp_audit_log::timestamp.desc(), fastmcp_audit_log::id.desc()))
        .limit(limit.into())
        .select(OperationRow::as_select())
        .load(conn)
        .await?;
    readable(rows.into_iter().map(OperationRow::read))
}

#[async_trait]
impl OperationLog for PgStore {
    async fn append(&self, chain: &Chain, mut operations: Vec<Operation>) -> Result<(), PortError> {
        while !operations.is_empty() {
            let later = operations.split_off(operations.len().min(CHUNK));
            let chunk = std::mem::replace(&mut operations, later);
            self.write(Append::of(*chain, chunk)).await?;
        }
        Ok(())
    }

    async fn count(&self) -> Result<u64, PortError> {
        self.read("count_operations", View::Newest, (), |conn, ()| count(conn).boxed()).await
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Operation>, PortError> {
        self.read("list_newest_operations", View::Newest, limit, |conn, limit| {
            newest(conn, *limit).boxed()
        })
        .await
    }

    async fn list(&self, query: &OperationQuery) -> Result<Page<Operation>, PortError> {
        self.read("list_operations", View::Search, query.clone(), |conn, query| {
            list::list(conn, query).boxed()
        })
        .await
    }

    async fn list_on(&self, query: &OperationQuery) -> Result<Vec<Operation>, PortError> {
        self.read("read_operations", View::Search, query.clone(), |conn, query| {
            list::page(conn, query).boxed()
        })
        .await
    }
}
