//! The port `OperationLog`: many small rows, a batch in one statement.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Text;
use registry_domain::id::{OperationId, ServerId};
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, PortError};
use serde::Serialize;

use crate::error::StoreError;
use crate::place::{Place, json_text, time_text};
use crate::schema::fastmcp_audit_log;
use crate::store::EmbeddedStore;

/// Rows of one transaction: between two, registrations get their turn at the writer.
const CHUNK: usize = 1000;

/// One parameter carries the whole batch. `ON CONFLICT (id)`, not `OR IGNORE`: that one would drop
/// a row for any broken rule. Texts are cut to what PostgreSQL's columns hold.
const APPEND: &str = "
    INSERT INTO fastmcp_audit_log (id, user_id, tenant_id, email, method, tool_name, params,
        success, error_message, duration_ms, timestamp, error_code, request_id, server_id)
    SELECT value ->> 'id', substr(value ->> 'user_id', 1, 100),
        substr(value ->> 'tenant_id', 1, 100), substr(value ->> 'email', 1, 255),
        substr(value ->> 'method', 1, 100), substr(value ->> 'tool_name', 1, 100),
        value ->> 'params', value ->> 'success', value ->> 'error_message',
        value ->> 'duration_ms', value ->> 'timestamp', value ->> 'error_code',
        value ->> 'request_id', value ->> 'server_id'
    FROM json_each(?1)
    WHERE TRUE
    ON CONFLICT (id) DO NOTHING";

#[derive(Debug, Serialize, Queryable, Selectable)]
#[diesel(table_name = fastmcp_audit_log)]
struct OperationRow {
    id: String,
    user_id: Option<String>,
    tenant_id: Option<String>,
    email: Option<String>,
    method: String,
    tool_name: Option<String>,
    params: Option<String>,
    success: bool,
    error_message: Option<String>,
    duration_ms: i64,
    timestamp: String,
    error_code: Option<String>,
    request_id: String,
    server_id: Option<String>,
}

impl OperationRow {
    fn of(operation: &Operation) -> Self {
        let operation = operation.clone();
        Self {
            id: operation.id.to_string(),
            user_id: operation.user_id,
            tenant_id: operation.tenant_id,
            email: operation.email,
            method: operation.method,
            tool_name: operation.tool_name,
            params: operation.params,
            success: operation.success,
            error_message: operation.error_message,
            duration_ms: operation.duration_ms.into(),
            timestamp: time_text(operation.at),
            error_code: operation.error_code,
            request_id: operation.request_id,
            server_id: operation.server_id.map(|id| id.to_string()),
        }
    }

    fn read(self) -> Result<Operation, StoreError> {
        let place = Place { table: "fastmcp_audit_log", row: &self.id };
        Ok(Operation {
            id: OperationId(place.uuid("id", &self.id)?),
            at: place.time("timestamp", &self.timestamp)?,
            duration_ms: u32::try_from(self.duration_ms)
                .map_err(|source| place.unreadable("duration_ms", source))?,
            server_id: place.maybe_uuid("server_id", self.server_id.as_deref())?.map(ServerId),
            user_id: self.user_id,
            tenant_id: self.tenant_id,
            email: self.email,
            method: self.method,
            tool_name: self.tool_name,
            params: self.params,
            success: self.success,
            error_message: self.error_message,
            error_code: self.error_code,
            request_id: self.request_id,
        })
    }
}

#[async_trait]
impl OperationLog for EmbeddedStore {
    async fn append(&self, operations: &[Operation]) -> Result<(), PortError> {
        for chunk in operations.chunks(CHUNK) {
            let rows: Vec<OperationRow> = chunk.iter().map(OperationRow::of).collect();
            let batch = json_text(&rows)?;
            self.write("append_operations", move |conn| {
                diesel::sql_query(APPEND).bind::<Text, _>(batch).execute(conn)?;
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    async fn count(&self) -> Result<u64, PortError> {
        self.read("count_operations", |conn| {
            let count: i64 = fastmcp_audit_log::table.count().get_result(conn)?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    async fn newest(&self, limit: u32) -> Result<Vec<Operation>, PortError> {
        self.read("list_newest_operations", move |conn| {
            let rows: Vec<OperationRow> = fastmcp_audit_log::table
                .order((fastmcp_audit_log::timestamp.desc(), fastmcp_audit_log::id.desc()))
                .limit(limit.into())
                .select(OperationRow::as_select())
                .load(conn)?;
            rows.into_iter().map(OperationRow::read).collect()
        })
        .await
    }
}
