//! Files of servers: JSON, NDJSON and CSV, read into the same objects that a client would send.
//!
//! Each row is an object by itself, or what was wrong with it: one bad row fails alone. What makes
//! the rows uncertain (a quote that never ends, a file that is no JSON) refuses the whole file.

use registry_domain::field::Violation;
use registry_http_edge::{Place, Problem};
use serde_json::{Map, Value};

mod csv;
mod csv_records;
mod json;
mod ndjson;

/// How many servers one request may carry.
pub(crate) const MAX_ROWS: usize = 1000;

/// The longest file, in bytes.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// One server to be, as an object, or what was wrong with it.
pub(crate) type Row = Result<Map<String, Value>, Vec<Violation>>;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A list, or an object with a member `servers`.
    Json,
    /// One object a line.
    Ndjson,
    /// A header, and one server a line.
    Csv,
}

impl Format {
    /// The formats by the words for them.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("json", Self::Json), ("ndjson", Self::Ndjson), ("csv", Self::Csv)];

    /// What a file is by its name, or by what the client says of it.
    pub(crate) fn guess(file_name: Option<&str>, media_type: Option<&str>) -> Option<Self> {
        let ending = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("json") => return Some(Self::Json),
            Some("ndjson" | "jsonl") => return Some(Self::Ndjson),
            Some("csv") => return Some(Self::Csv),
            _ => {}
        }
        match media_type?.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/x-ndjson" | "application/jsonl" | "application/ndjson" => {
                Some(Self::Ndjson)
            }
            "text/csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Reads a file.
///
/// # Errors
/// 422 on `file`, when it cannot be taken apart into rows or has too many.
pub(crate) fn rows(format: Format, content: &[u8]) -> Result<Vec<Row>, Problem> {
    let text = std::str::from_utf8(content)
        .map_err(|_| refused("string_unicode", "must be UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let rows = match format {
        Format::Json => json::rows(text),
        Format::Ndjson => ndjson::rows(text),
        Format::Csv => csv::rows(text),
    }?;
    check_count(rows.len()).map_err(|violation| Problem::invalid(Place::Body, vec![violation]))?;
    Ok(rows)
}

/// Whether so many rows are neither none nor too many.
fn check_count(count: usize) -> Result<(), Violation> {
    if count == 0 {
        return Err(Violation::at("file", "too_short", "must have at least one server"));
    }
    if count > MAX_ROWS {
        return Err(Violation::at(
            "file",
            "too_long",
            format!("must have at most {MAX_ROWS} servers"),
        ));
    }
    Ok(())
}

/// A value as a row.
pub(crate) fn row(value: Value) -> Row {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(vec![Violation {
            path: Vec::new(),
            rule: "object_type",
            message: "must be a JSON object".to_owned(),
        }]),
    }
}

/// The file breaks a rule.
fn refused(rule: &'static str, message: impl Into<String>) -> Problem {
    Problem::invalid(Place::Body, vec![Violation::at("file", rule, message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_guessed_by_the_name_before_the_type() {
        assert_eq!(Format::guess(Some("a.CSV"), Some("application/json")), Some(Format::Csv));
        assert_eq!(Format::guess(Some("a.jsonl"), None), Some(Format::Ndjson));
        assert_eq!(Format::guess(Some("servers"), Some("Text/CSV")), Some(Format::Csv));
        assert_eq!(Format::guess(Some("servers.xml"), Some("text/xml")), None);
        assert_eq!(Format::guess(None, None), None);
    }

    #[test]
    fn a_file_has_one_to_a_thousand_rows_of_text() {
        let of = |rows: usize| rows_of(&"{}\n".repeat(rows));
        assert_eq!(of(1000), Ok(1000));
        assert_eq!(of(1001), Err(()));
        assert_eq!(of(0), Err(()));
        assert!(rows(Format::Json, b"[\"\xff\"]").is_err());
        assert_eq!(rows(Format::Json, "\u{feff}[{}]".as_bytes()).unwrap().len(), 1);
    }

    fn rows_of(text: &str) -> Result<usize, ()> {
        rows(Format::Ndjson, text.as_bytes()).map(|rows| rows.len()).map_err(|_| ())
    }
}
