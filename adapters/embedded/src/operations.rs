//! The port `OperationLog`: many small rows, a batch in one transaction.
//!
//! Each row runs a prepared statement: cheaper than one statement that takes the batch apart
//! as JSON (measured at full load: 13 % of the gateway's CPU instead of 21 %).

use std::net::AddrParseError;

use async_trait::async_trait;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;
use registry_domain::chain::{Chain, Entry, canonical};
use registry_domain::id::{OperationId, ServerId};
use registry_domain::json::normal_text;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, OperationQuery, Page, PortError, Span};
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Place, readable, time_text};
use crate::schema::fastmcp_audit_log;
use crate::seals;
use crate::store::EmbeddedStore;

mod list;

/// Rows of one transaction: between two, registrations get their turn at the writer.
const CHUNK: usize = 1000;

#[derive(Debug, Queryable, Selectable)]
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
    client_ip: Option<String>,
}

/// A row to be written; it borrows what the operation has.
struct NewOperationRow<'a> {
    id: String,
    user_id: Option<&'a str>,
    tenant_id: Option<&'a str>,
    email: Option<&'a str>,
    method: &'a str,
    tool_name: Option<&'a str>,
    params: Option<&'a str>,
    success: bool,
    error_message: Option<&'a str>,
    duration_ms: i64,
    timestamp: String,
    error_code: Option<&'a str>,
    request_id: &'a str,
    server_id: Option<String>,
    client_ip: Option<String>,
    chain: &'a str,
    position: i64,
}

impl<'a> NewOperationRow<'a> {
    fn of(operation: &'a Operation, (chain, position): (&'a str, i64)) -> Self {
        Self {
            chain,
            position,
            id: operation.id.to_string(),
            user_id: operation.user_id.as_deref().map(|text| cut(text, 100)),
            tenant_id: operation.tenant_id.as_deref().map(|text| cut(text, 100)),
            email: operation.email.as_deref().map(|text| cut(text, 255)),
            method: cut(&operation.method, 100),
            tool_name: operation.tool_name.as_deref().map(|text| cut(text, 100)),
            params: operation.params.as_deref(),
            success: operation.success,
            error_message: operation.error_message.as_deref(),
            duration_ms: operation.duration_ms.into(),
            timestamp: time_text(operation.at),
            error_code: operation.error_code.as_deref(),
            request_id: &operation.request_id,
            server_id: operation.server_id.map(|id| id.to_string()),
            client_ip: operation.client_address.map(|address| address.to_string()),
        }
    }
}

impl OperationRow {
    fn read(self) -> Result<Operation, StoreError> {
        let place = Place { table: "fastmcp_audit_log", row: &self.id };
        Ok(Operation {
            id: OperationId(place.uuid("id", &self.id)?),
            at: place.time("timestamp", &self.timestamp)?,
            duration_ms: u32::try_from(self.duration_ms)
                .map_err(|source| place.unreadable("duration_ms", source))?,
            server_id: place.maybe_uuid("server_id", self.server_id.as_deref())?.map(ServerId),
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
            params: self.params,
            success: self.success,
            error_message: self.error_message,
            error_code: self.error_code,
            request_id: self.request_id,
        })
    }
}

/// The statement that writes a row, where there is none of its id yet. (Not `OR IGNORE`: that would
/// drop a row for any broken rule.) Written out, since it runs once for each call of the gateway:
/// diesel puts such an insert together anew each time, and walks it three times.
struct Append<'a>(NewOperationRow<'a>);

impl QueryId for Append<'_> {
    type QueryId = Append<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Sqlite> for Append<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let row = &self.0;
        out.push_sql(
            "INSERT INTO fastmcp_audit_log (id, user_id, tenant_id, email, method, tool_name, \
             params, success, error_message, duration_ms, timestamp, error_code, request_id, \
             server_id, client_ip, chain, position) VALUES (",
        );
        out.push_bind_param::<Text, _>(&row.id)?;
        for value in [&row.user_id, &row.tenant_id, &row.email] {
            then(&mut out).push_bind_param::<Nullable<Text>, _>(value)?;
        }
        then(&mut out).push_bind_param::<Text, _>(row.method)?;
        for value in [&row.tool_name, &row.params] {
            then(&mut out).push_bind_param::<Nullable<Text>, _>(value)?;
        }
        then(&mut out).push_bind_param::<Bool, _>(&row.success)?;
        then(&mut out).push_bind_param::<Nullable<Text>, _>(&row.error_message)?;
        then(&mut out).push_bind_param::<BigInt, _>(&row.duration_ms)?;
        then(&mut out).push_bind_param::<Text, _>(&row.timestamp)?;
        then(&mut out).push_bind_param::<Nullable<Text>, _>(&row.error_code)?;
        then(&mut out).push_bind_param::<Text, _>(row.request_id)?;
        for value in [&row.server_id, &row.client_ip] {
            then(&mut out).push_bind_param::<Nullable<Text>, _>(value)?;
        }
        then(&mut out).push_bind_param::<Text, _>(row.chain)?;
        then(&mut out).push_bind_param::<BigInt, _>(&row.position)?;
        out.push_sql(") ON CONFLICT (id) DO NOTHING");
        Ok(())
    }
}

fn then<'a, 'b, 'c>(out: &'c mut AstPass<'a, 'b, Sqlite>) -> &'c mut AstPass<'a, 'b, Sqlite> {
    out.push_sql(", ");
    out
}

impl RunQueryDsl<SqliteConnection> for Append<'_> {}

impl OperationRow {
    /// The row as its chain has it: what stands in it, whether it reads or not.
    fn entry(&self, position: i64) -> Entry {
        let success = if self.success { "true" } else { "false" };
        let duration = self.duration_ms.to_string();
        Entry {
            position,
            id: Uuid::try_parse(&self.id).unwrap_or_default(),
            at: self.timestamp.parse().ok(),
            canonical: canonical([
                ("id", Some(self.id.as_str())),
                ("user_id", self.user_id.as_deref()),
                ("tenant_id", self.tenant_id.as_deref()),
                ("email", self.email.as_deref()),
                ("method", Some(&self.method)),
                ("tool_name", self.tool_name.as_deref()),
                ("params", self.params.as_deref().map(normal_text).as_deref()),
                ("success", Some(success)),
                ("error_message", self.error_message.as_deref()),
                ("duration_ms", Some(&duration)),
                ("timestamp", Some(&self.timestamp)),
                ("error_code", self.error_code.as_deref()),
                ("request_id", Some(&self.request_id)),
                ("server_id", self.server_id.as_deref()),
                ("client_ip", self.client_ip.as_deref()),
            ]),
        }
    }
}

/// Records of a chain, in their order.
pub(crate) fn entries(
    conn: &mut SqliteConnection,
    span: Span,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut rows = fastmcp_audit_log::table
        .filter(fastmcp_audit_log::chain.eq(span.chain.to_string()))
        .filter(fastmcp_audit_log::position.gt(span.after))
        .order(fastmcp_audit_log::position)
        .limit(limit.into())
        .select((OperationRow::as_select(), fastmcp_audit_log::position.assume_not_null()))
        .into_boxed();
    if let Some(to) = span.to {
        rows = rows.filter(fastmcp_audit_log::position.le(to));
    }
    let rows: Vec<(OperationRow, i64)> = rows.load(conn)?;
    Ok(rows.iter().map(|(row, position)| row.entry(*position)).collect())
}

/// Cuts a text to what PostgreSQL's column holds, in characters.
fn cut(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Appends what is new of a chunk to the end of its chain, whose positions have no gap.
fn append(
    conn: &mut SqliteConnection,
    chain: &Chain,
    chunk: &[Operation],
) -> Result<(), StoreError> {
    seals::begin(conn, chain)?;
    let chain = chain.id.to_string();
    let last: Option<i64> = fastmcp_audit_log::table
        .filter(fastmcp_audit_log::chain.eq(&chain))
        .select(max(fastmcp_audit_log::position))
        .first(conn)?;
    let mut position = last.unwrap_or(0);
    for operation in chunk {
        let row = NewOperationRow::of(operation, (&chain, position + 1));
        if Append(row).execute(conn)? > 0 {
            position += 1;
        }
    }
    Ok(())
}

#[async_trait]
impl OperationLog for EmbeddedStore {
    async fn append(&self, chain: &Chain, mut operations: Vec<Operation>) -> Result<(), PortError> {
        let chain = *chain;
        while !operations.is_empty() {
            let later = operations.split_off(operations.len().min(CHUNK));
            let chunk = std::mem::replace(&mut operations, later);
            self.write("append_operations", move |conn| append(conn, &chain, &chunk)).await?;
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
            readable(rows.into_iter().map(OperationRow::read))
        })
        .await
    }

    async fn list(&self, query: &OperationQuery) -> Result<Page<Operation>, PortError> {
        let query = query.clone();
        self.read("list_operations", move |conn| {
            Ok(Page { total: list::count(conn, &query)?, items: list::page(conn, &query)? })
        })
        .await
    }

    async fn list_on(&self, query: &OperationQuery) -> Result<Vec<Operation>, PortError> {
        let query = query.clone();
        self.read("read_operations", move |conn| list::page(conn, &query)).await
    }
}
