//! How values are written in the database, and how they are read back: with the name of the place
//! where one that does not read was found.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::id::{Alias, TenantId};
use registry_domain::ports::Source;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;

/// A time as diesel writes and reads it.
pub(crate) type Time = jiff_diesel::Timestamp;

/// A time to be written.
pub(crate) fn time(time: Timestamp) -> Time {
    Time::from(time)
}

/// A time as seals have it: RFC 3339 in UTC with six fractional digits.
pub(crate) fn time_text(time: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&time)
}

/// A text without the one character that PostgreSQL keeps nowhere, NUL.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { text.into() }
}

/// A JSON document to be written.
pub(crate) fn json_value<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    let mut value = serde_json::to_value(value).map_err(|source| StoreError::Unreadable {
        what: "a document to be stored".to_owned(),
        source: Box::new(source),
    })?;
    drop_nul(&mut value);
    Ok(value)
}

/// Does to a document what [`without_nul`] does to a text.
pub(crate) fn drop_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = without_nul(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(drop_nul),
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                let named = std::mem::take(members).into_iter();
                *members =
                    named.map(|(name, value)| (without_nul(&name).into_owned(), value)).collect();
            }
            members.values_mut().for_each(drop_nul);
        }
        _ => {}
    }
}

/// What can be read of many rows: each that cannot is named in the log and left out.
pub(crate) fn readable<T>(
    rows: impl IntoIterator<Item = Result<T, StoreError>>,
) -> Result<Vec<T>, StoreError> {
    let mut items = Vec::new();
    for row in rows {
        match row {
            Ok(item) => items.push(item),
            Err(StoreError::Unreadable { what, source }) => {
                tracing::error!(what, error = %source, "a row does not read and is left out");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(items)
}

/// A row, so that a value of it that does not read can be found again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's key.
    pub(crate) row: Uuid,
}

impl Place {
    /// What to say of a column of this row.
    pub(crate) fn unreadable(self, column: &str, source: impl Into<Source>) -> StoreError {
        let what = format!("{}.{column} of {}", self.table, self.row);
        StoreError::Unreadable { what, source: source.into() }
    }

    /// A value that this row must have.
    pub(crate) fn required<T>(self, column: &str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.unreadable(column, "there is none"))
    }

    /// Reads a JSON document.
    pub(crate) fn json<T: DeserializeOwned>(
        self,
        column: &str,
        value: Value,
    ) -> Result<T, StoreError> {
        serde_json::from_value(value).map_err(|source| self.unreadable(column, source))
    }

    /// Reads a word of ours.
    pub(crate) fn word<T>(
        self,
        column: &str,
        text: &str,
        parse: fn(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(text).ok_or_else(|| self.unreadable(column, format!("unknown word {text:?}")))
    }

    /// Reads a word of ours that may be absent.
    pub(crate) fn maybe_word<T>(
        self,
        column: &str,
        text: Option<&str>,
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.word(column, text, parse)).transpose()
    }

    /// Reads a tenant that may be absent.
    pub(crate) fn tenant(self, text: Option<&str>) -> Result<Option<TenantId>, StoreError> {
        text.map(TenantId::parse)
            .transpose()
            .map_err(|violation| self.unreadable("tenant_id", violation.to_string()))
    }

    /// Reads an alias.
    pub(crate) fn alias(self, text: &str) -> Result<Alias, StoreError> {
        Alias::parse(text).map_err(|violation| self.unreadable("alias", violation.to_string()))
    }

    /// Reads an address.
    pub(crate) fn endpoint(self, text: &str) -> Result<EndpointUrl, StoreError> {
        EndpointUrl::parse_kept(text)
            .map_err(|violation| self.unreadable("endpoint_url", violation.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_and_no_document_has_a_nul() {
        let value = json_value(&json!({"a\0": ["b\0", {"c": "\0"}], "d": 1})).unwrap();
        assert_eq!(value, json!({"a\u{fffd}": ["b\u{fffd}", {"c": "\u{fffd}"}], "d": 1}));
        assert_eq!(without_nul("a"), "a");
    }

    #[test]
    fn a_value_that_does_not_read_names_its_place() {
        let place = Place { table: "users", row: Uuid::nil() };
        let said = place.word::<()>("admin_source", "me", |_| None).unwrap_err().to_string();
        assert_eq!(said, format!("users.admin_source of {} does not read", Uuid::nil()));
    }

    #[test]
    fn a_list_leaves_out_what_does_not_read_and_nothing_else() {
        let bad = || StoreError::Unreadable { what: "a row".to_owned(), source: "x".into() };
        assert_eq!(readable([Ok(1), Err(bad()), Ok(2)]).unwrap(), [1, 2]);
        assert!(readable([Ok(1), Err(StoreError::Gone)]).is_err());
    }
}
