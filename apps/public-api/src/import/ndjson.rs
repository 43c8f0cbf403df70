//! An NDJSON file: one object a line. Lines stand for themselves, so a bad one fails alone.

use registry_domain::field::Violation;
use registry_http_edge::Problem;

use super::{MAX_ROWS, Row, row};

#[expect(clippy::unnecessary_wraps, reason = "one of three readers with one signature")]
pub(super) fn rows(text: &str) -> Result<Vec<Row>, Problem> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    // One more than may be: who counts says that it is too many.
    Ok(lines.take(MAX_ROWS + 1).map(|(number, line)| read(number + 1, line)).collect())
}

fn read(number: usize, line: &str) -> Row {
    let value = serde_json::from_str(line).map_err(|error| {
        // The error counts lines too, always one: which one it is in the file is said instead.
        let reason = error.to_string().replace(" line 1 column ", " column ");
        let message = format!("line {number} is not JSON: {reason}");
        vec![Violation { path: Vec::new(), rule: "json_invalid", message }]
    })?;
    row(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_fails_alone_and_says_where_it_is() {
        let read = rows("{\"name\":\"a\"}\r\n\n{oops}\n[]\n{\"name\":\"b\"}").unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(read[0].as_ref().unwrap()["name"], "a");
        let wrong = &read[1].as_ref().unwrap_err()[0];
        assert!(wrong.message.starts_with("line 3 is not JSON: "), "{}", wrong.message);
        assert_eq!(read[2].as_ref().unwrap_err()[0].rule, "object_type");
        assert_eq!(read[3].as_ref().unwrap()["name"], "b");
    }
}
