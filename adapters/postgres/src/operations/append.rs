//! A batch of operations as columns: one statement with as many parameters as the table has
//! columns, however many rows there are.

use async_trait::async_trait;
use diesel::sql_types::{
    Array, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use registry_domain::operation::Operation;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::place::{Time, drop_nul, time, without_nul};
use crate::write::{AfterLoss, Tx, Write};

/// A row that is there already stays as it is; one that breaks any other rule is an error.
const INSERT: &str = "INSERT INTO fastmcp_audit_log (id, user_id, tenant_id, email, method, \
     tool_name, params, success, error_message, duration_ms, timestamp, error_code, request_id, \
     server_id, client_ip) \
     SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
     ON CONFLICT (id) DO NOTHING";

/// Operations to be kept, column by column.
#[derive(Default)]
pub(super) struct Append {
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
    pub(super) fn of(operations: Vec<Operation>) -> Self {
        let mut columns = Self::default();
        for operation in operations {
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
        columns
    }
}

#[async_trait]
impl Write for Append {
    type Output = ();
    const NAME: &'static str = "append_operations";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        diesel::sql_query(INSERT)
            .bind::<Array<SqlUuid>, _>(&self.ids)
            .bind::<Array<Nullable<Text>>, _>(&self.user_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.tenant_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.emails)
            .bind::<Array<Text>, _>(&self.methods)
            .bind::<Array<Nullable<Text>>, _>(&self.tool_names)
            .bind::<Array<Nullable<Jsonb>>, _>(&self.params)
            .bind::<Array<Bool>, _>(&self.successes)
            .bind::<Array<Nullable<Text>>, _>(&self.error_messages)
            .bind::<Array<Integer>, _>(&self.durations)
            .bind::<Array<Timestamptz>, _>(&self.times)
            .bind::<Array<Nullable<Text>>, _>(&self.error_codes)
            .bind::<Array<Text>, _>(&self.request_ids)
            .bind::<Array<Nullable<SqlUuid>>, _>(&self.server_ids)
            .bind::<Array<Nullable<Text>>, _>(&self.addresses)
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
