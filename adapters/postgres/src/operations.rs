//! The port `OperationLog`: many small rows, a batch in one statement.

use std::net::AddrParseError;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::id::{OperationId, ServerId};
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, PortError};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::Connection;
use crate::error::StoreError;
use crate::place::{Place, Time, readable};
use crate::read::View;
use crate::schema::fastmcp_audit_log;
use crate::store::PgStore;

mod append;

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
    async fn append(&self, mut operations: Vec<Operation>) -> Result<(), PortError> {
        while !operations.is_empty() {
            let later = operations.split_off(operations.len().min(CHUNK));
            let chunk = std::mem::replace(&mut operations, later);
            self.write(Append::of(chunk)).await?;
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
}
