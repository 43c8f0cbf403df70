//! A JSON file: a list of servers, or the body of the bulk endpoint.

use registry_http_edge::Problem;
use serde_json::Value;

use super::{Row, refused, row};

pub(super) fn rows(text: &str) -> Result<Vec<Row>, Problem> {
    let value = serde_json::from_str(text)
        .map_err(|error| refused("json_invalid", format!("is not JSON: {error}")))?;
    let items = match value {
        Value::Array(items) => Some(items),
        Value::Object(mut members) => match members.remove("servers") {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        },
        _ => None,
    };
    let items = items.ok_or_else(|| {
        refused("list_type", "must be a list of servers, or an object with the list `servers`")
    })?;
    Ok(items.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_and_the_body_of_the_bulk_endpoint_are_read_alike() {
        for text in [r#"[{"name":"a"},5]"#, r#"{"servers":[{"name":"a"},5],"atomic":true}"#] {
            let read = rows(text).unwrap();
            assert_eq!(read[0].as_ref().unwrap()["name"], "a");
            assert_eq!(read[1].as_ref().unwrap_err()[0].rule, "object_type");
        }
        for bad in ["", "{", "5", "{}", r#"{"servers":{}}"#, r#"["\ud800"]"#] {
            assert!(rows(bad).is_err(), "{bad}");
        }
    }
}
