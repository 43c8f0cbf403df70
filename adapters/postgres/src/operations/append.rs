//! A batch of operations as columns: one statement with as many parameters as the table has
//! columns, however many rows there are.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::sql_types::{
    Array, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use registry_domain::chain::Chain;
use registry_domain::operation::Operation;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Time, drop_nul, time, without_nul};
use crate::seals;
use crate::write::{AfterLoss, Tx, Write};

/// A row that is there already stays as it is. What is new goes to the end of its chain, whose
/// positions have no gap: of two who tell the same at once, one begins anew.
const INSERT: &str = "INSERT INTO fastmcp_audit_log (id, user_id, tenant_id, email, method, \
     tool_name, params, success, error_message, duration_ms, timestamp, error_code, request_id, \
     server_id, client_ip, chain, position) \
     SELECT told.*, $16, row_number() OVER () + COALESCE( \
         (SELECT max(position) FROM fastmcp_audit_log WHERE chain = $16), 0) \
     FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS told (id) \
     WHERE NOT EXISTS (SELECT FROM fastmcp_audit_log kept WHERE kept.id = told.id)";

/// Operations to be kept, column by column.
pub(super) struct Append {
    chain: Chain,
    columns: Columns,
}

#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    user_ids: Vec<Option<String>>,
    tenant_ids: Vec<Option<String>>,
    emails: Vec<Option<String>>,
    methods: Vec<String>,
    tool_names: Vec<Option<String>>,
    params: Vec<Option<Value>>,
    successes: Vec<bool>,
    error_messages: Vec<Option<String>>,
    durations: Vec<i32>,
    times: Vec<Time>,
    error_codes: Vec<Option<String>>,
    request_ids: Vec<String>,
    server_ids: Vec<Option<Uuid>>,
    addresses: Vec<Option<String>>,
}

impl Append {
    /// The columns of these operations.
    pub(super) fn of(chain: Chain, operations: Vec<Operation>) -> Self {
        let mut columns = Columns::default();
        let mut told = HashSet::with_capacity(operations.len());
        for operation in operations {
            if !told.insert(operation.id) {
                continue;
            }
            columns.ids.push(operation.id.0);
            columns.user_ids.push(operation.user_id.map(|text| cut(&text, 100)));
            columns.tenant_ids.push(operation.tenant_id.map(|text| cut(&text, 100)));
            columns.emails.push(operation.email.map(|text| cut(&text, 255)));
            columns.methods.push(cut(&operation.method, 100));
            columns.tool_names.push(operation.tool_name.map(|text| cut(&text, 100)));
            columns.params.push(operation.params.as_deref().map(document));
            columns.successes.push(operation.success);
            columns.error_messages.push(operation.error_message.map(|text| cut(&text, usize::MAX)));
            columns.durations.push(i32::try_from(operation.duration_ms).unwrap_or(i32::MAX));
            columns.times.push(time(operation.at));
            columns.error_codes.push(operation.error_code.map(|text| cut(&text, usize::MAX)));
            columns.request_ids.push(cut(&operation.request_id, usize::MAX));
            columns.server_ids.push(operation.server_id.map(|id| id.0));
            columns.addresses.push(operation.client_address.map(|address| address.to_string()));
        }
        Self { chain, columns }
    }
}

#[async_trait]
impl Write for Append {
    type Output = ();
    const NAME: &'static str = "append_operations";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        seals::begin(tx.conn, &self.chain).await?;
        diesel::sql_query(INSERT)
            .bind::<Array<SqlUuid>, _>(&self.columns.ids)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.user_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.tenant_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.emails)
            .bind::<Array<Text>, _>(&self.columns.methods)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.tool_names)
            .bind::<Array<Nullable<Jsonb>>, _>(&self.columns.params)
            .bind::<Array<Bool>, _>(&self.columns.successes)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.error_messages)
            .bind::<Array<Integer>, _>(&self.columns.durations)
            .bind::<Array<Timestamptz>, _>(&self.columns.times)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.error_codes)
            .bind::<Array<Text>, _>(&self.columns.request_ids)
            .bind::<Array<Nullable<SqlUuid>>, _>(&self.columns.server_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.columns.addresses)
            .bind::<SqlUuid, _>(self.chain.id.0)
            .execute(tx.conn)
            .await?;
        Ok(())
    }

    fn after_loss(&self) -> AfterLoss<()> {
        AfterLoss::Again
    }
}

/// Cuts a text to what its column holds, in characters. One text that cannot be stored would keep
/// its whole batch from being stored, for ever.
fn cut(text: &str, max: usize) -> String {
    let end = text.char_indices().nth(max).map(|(end, _)| end);
    without_nul(end.and_then(|end| text.get(..end)).unwrap_or(text)).into_owned()
}

/// Parameters as a document; what is none (or none that PostgreSQL can hold) becomes a text in one.
fn document(params: &str) -> Value {
    let mut value = serde_json::from_str(params).unwrap_or_else(|_| params.into());
    drop_nul(&mut value);
    value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_the_parameters_are_they_can_be_stored() {
        assert_eq!(document(r#"{"a":"\u0000","b":1}"#), json!({"a": "\u{fffd}", "b": 1}));
        assert_eq!(document("1e999999"), json!("1e999999"));
        assert_eq!(document("{\0"), json!("{\u{fffd}"));
        let deep = "[".repeat(5_000);
        assert_eq!(document(&deep), json!(deep));
    }
}
