//! A row: from what a store gives to what the archive has, and what is checked of one that is read.

use serde_json::{Map, Value};

use super::{Kind, Table};
use crate::json::{normal_form, without_nul};

/// The row in the one spelling that it has in archives. `stored` is a JSON object whose members are
/// named like the columns; documents are texts, and flags may be numbers.
pub(super) fn normal(table: &Table, stored: &str) -> Result<String, String> {
    let mut row = members(stored)?;
    for (column, value) in &mut row {
        let kind = table.kind_of(column).ok_or_else(|| format!("there is no column {column}"))?;
        let normal = in_one_spelling(kind, value).map_err(|what| format!("{column}: {what}"))?;
        if let Some(normal) = normal {
            *value = normal;
        }
    }
    check(table, &row)?;
    Ok(normal_form(&Value::Object(row)))
}

/// Checks a row of an archive.
pub(super) fn read(table: &Table, text: &str) -> Result<(), String> {
    check(table, &members(text)?)
}

fn members(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not an object of JSON: {error}"))
}

/// What stands for a value where that is not how the archive has it.
fn in_one_spelling(kind: Kind, value: &Value) -> Result<Option<Value>, String> {
    Ok(match (kind, value) {
        (Kind::Json | Kind::Texts, Value::String(text)) => {
            let document: Value = serde_json::from_str(text)
                .map_err(|error| format!("the document does not read: {error}"))?;
            Some(normal_form(&document).into())
        }
        (Kind::Flag, Value::Number(number)) => Some((number.as_i64() != Some(0)).into()),
        (Kind::Text, Value::String(text)) if text.contains('\0') => {
            Some(without_nul(text).into_owned().into())
        }
        _ => None,
    })
}

/// It has the table's columns, all of them and no other, with values of their kinds.
fn check(table: &Table, row: &Map<String, Value>) -> Result<(), String> {
    if let Some(other) = row.keys().find(|name| table.kind_of(name).is_none()) {
        return Err(format!("{} has no column {other}", table.name));
    }
    for (column, kind) in table.columns {
        let value = row.get(*column).ok_or_else(|| format!("{column} is missing"))?;
        let fits = match kind {
            Kind::Flag => value.is_boolean(),
            Kind::Number => value.is_i64(),
            _ => value.is_string(),
        };
        if !fits && !value.is_null() {
            return Err(format!("{column} is not what it should be: {kind:?}"));
        }
    }
    Ok(())
}
