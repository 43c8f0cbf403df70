//! How values are written in the file, and how they are read back: with the name of the place
//! where one that does not read was found.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::id::{Alias, TenantId};
use registry_domain::ports::Source;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::StoreError;

/// A time as the file keeps it: RFC 3339 in UTC with six fractional digits, sortable as text.
pub(crate) fn time_text(time: Timestamp) -> String {
    DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&time)
}

/// A JSON document as the file keeps it.
pub(crate) fn json_text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Unreadable {
        what: "a document to be stored".to_owned(),
        source: Box::new(source),
    })
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
pub(crate) struct Place<'a> {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's key.
    pub(crate) row: &'a str,
}

impl Place<'_> {
    /// What to say of a column of this row.
    pub(crate) fn unreadable(self, column: &str, source: impl Into<Source>) -> StoreError {
        let what = format!("{}.{column} of {}", self.table, self.row);
        StoreError::Unreadable { what, source: source.into() }
    }

    /// Reads an id.
    pub(crate) fn uuid(self, column: &str, text: &str) -> Result<Uuid, StoreError> {
        Uuid::try_parse(text).map_err(|source| self.unreadable(column, source))
    }

    /// Reads an id that may be absent.
    pub(crate) fn maybe_uuid(
        self,
        column: &str,
        text: Option<&str>,
    ) -> Result<Option<Uuid>, StoreError> {
        text.map(|text| self.uuid(column, text)).transpose()
    }

    /// Reads a time.
    pub(crate) fn time(self, column: &str, text: &str) -> Result<Timestamp, StoreError> {
        text.parse().map_err(|source: jiff::Error| self.unreadable(column, source))
    }

    /// Reads a JSON document.
    pub(crate) fn json<T: DeserializeOwned>(
        self,
        column: &str,
        text: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|source| self.unreadable(column, source))
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
    use super::*;

    #[test]
    fn times_sort_as_text() {
        let whole: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let part: Timestamp = "2026-11-21T10:00:00.000001Z".parse().unwrap();
        assert_eq!(time_text(whole), "2026-11-21T10:00:00.000000Z");
        assert!(time_text(whole) < time_text(part));
    }

    #[test]
    fn a_value_that_does_not_read_names_its_place() {
        let place = Place { table: "users", row: "7" };
        let said = place.uuid("user_id", "seven").unwrap_err().to_string();
        assert_eq!(said, "users.user_id of 7 does not read");
    }
}
