//! A CSV file: the header names the members, each line after it is a server. An empty cell is an
//! absent member; tags are separated by `;`.

use registry_domain::field::Violation;
use registry_http_edge::{Place, Problem};
use serde_json::{Map, Value};

use super::csv_records::{Record, records};
use super::{Row, refused};

/// The columns that are read, by the names of the members; other columns are ignored, as unknown
/// members of JSON are.
const COLUMNS: [&str; 8] = [
    "name",
    "endpoint_url",
    "transport_type",
    "version",
    "description",
    "tags",
    "tenant_id",
    "alias",
];

/// What has to be among them.
const REQUIRED: [&str; 2] = ["name", "endpoint_url"];

pub(super) fn rows(text: &str) -> Result<Vec<Row>, Problem> {
    let mut records =
        records(text).map_err(|wrong| refused("csv_invalid", wrong.to_string()))?.into_iter();
    let header = columns(records.next())?;
    Ok(records.map(|record| row(&header, record)).collect())
}

/// The header's columns in the file's order; `None` for one that is not read.
fn columns(header: Option<Record>) -> Result<Vec<Option<&'static str>>, Problem> {
    let names = header.map(|record| record.cells).unwrap_or_default();
    let columns: Vec<_> = names
        .iter()
        .map(|name| COLUMNS.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim())))
        .collect();
    let times = |name| columns.iter().filter(|column| **column == Some(name)).count();
    let mut wrong: Vec<Violation> = Vec::new();
    for name in REQUIRED.into_iter().filter(|name| times(name) == 0) {
        let message = format!("must have the column {name} in its first line");
        wrong.push(Violation::at("file", "missing", message));
    }
    for name in COLUMNS.into_iter().filter(|name| times(name) > 1) {
        let message = format!("must have the column {name} only once");
        wrong.push(Violation::at("file", "duplicate", message));
    }
    if wrong.is_empty() { Ok(columns) } else { Err(Problem::invalid(Place::Body, wrong)) }
}

fn row(header: &[Option<&'static str>], record: Record) -> Row {
    if record.cells.len() != header.len() {
        let (line, cells, columns) = (record.line, record.cells.len(), header.len());
        let message = format!("line {line} has {cells} cells, the header has {columns}");
        return Err(vec![Violation { path: Vec::new(), rule: "csv_cells", message }]);
    }
    let cells = header.iter().zip(record.cells).filter(|(_, cell)| !cell.is_empty());
    let members = cells.filter_map(|(column, cell)| {
        let column = (*column)?;
        let value = if column == "tags" { tags(&cell) } else { Value::String(cell) };
        Some((column.to_owned(), value))
    });
    Ok(members.collect::<Map<String, Value>>())
}

fn tags(cell: &str) -> Value {
    cell.split(';').map(str::trim).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_server_with_the_members_that_the_header_names() {
        let text = "Name,endpoint_url,owner,tags,description\r\n\
                    a,http://a/,x,prod; eu;,\"said \"\"hi\"\",\nand left\"\r\n\
                    b,http://b/,,,\r\n";
        let read: Vec<Value> =
            rows(text).unwrap().into_iter().map(|row| Value::Object(row.unwrap())).collect();
        assert_eq!(
            read,
            [
                json!({
                    "name": "a", "endpoint_url": "http://a/", "tags": ["prod", "eu"],
                    "description": "said \"hi\",\nand left"
                }),
                json!({"name": "b", "endpoint_url": "http://b/"}),
            ]
        );
    }

    #[test]
    fn a_line_with_other_cells_than_the_header_fails_alone() {
        let read = rows("name,endpoint_url\na\n\nb,http://b/\n").unwrap();
        let wrong = &read[0].as_ref().unwrap_err()[0];
        assert_eq!(wrong.message, "line 2 has 1 cells, the header has 2");
        assert_eq!(read[1].as_ref().unwrap()["name"], "b");
    }

    #[test]
    fn a_header_that_misses_or_repeats_a_column_refuses_the_file() {
        for bad in ["", "name\na", "name,endpoint_url,NAME\na,b,c", "name,endpoint_url\n\"a,b"] {
            assert!(rows(bad).is_err(), "{bad}");
        }
    }
}
