//! The arguments of the gateway's own tools: flat, or wrapped in one member (`{"limit": 1}` and
//! `{"filter": {"limit": 1}}` say the same), as both are in use.

use mcp_wire::WireError;
use mcp_wire::error::echo;
use mcp_wire::params::CallParams;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The wrappers that are known.
const WRAPPERS: [&str; 2] = ["filter", "data"];

/// The arguments, taken one by one; what is left at the end is refused.
#[derive(Debug)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Those of a call.
    ///
    /// # Errors
    /// -32602 for what is no object.
    pub(super) fn of(params: &CallParams<'_>) -> Result<Self, WireError> {
        Self::read(params.arguments.map_or("{}", RawValue::get))
    }

    fn read(json: &str) -> Result<Self, WireError> {
        let members: Map<String, Value> = serde_json::from_str(json)
            .map_err(|_| WireError::invalid_params("params.arguments must be an object"))?;
        let wrapped = members.iter().next().filter(|(name, value)| {
            members.len() == 1
                && WRAPPERS.contains(&name.as_str())
                && matches!(value, Value::Object(_) | Value::Null)
        });
        match wrapped {
            Some((_, Value::Object(inner))) => Ok(Self(inner.clone())),
            Some(_) => Ok(Self(Map::new())),
            None => Ok(Self(members)),
        }
    }

    /// A member as it is; `null` is as good as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }

    /// A text.
    ///
    /// # Errors
    /// -32602 for what is none.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, WireError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(refused(name, "must be a string")),
        }
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// -32602 that names the first.
    pub(super) fn end(self) -> Result<(), WireError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(refused(echo(name), "is not an argument of this tool")),
        }
    }
}

/// An argument that breaks its rule.
pub(super) fn refused(name: &str, rule: &str) -> WireError {
    WireError::invalid_params(format!("params.arguments.{name} {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(json: &str) -> Result<Option<Value>, String> {
        let mut arguments = Arguments::read(json).map_err(|error| error.message)?;
        let limit = arguments.take("limit");
        arguments.end().map_err(|error| error.message)?;
        Ok(limit)
    }

    #[test]
    fn flat_and_wrapped_say_the_same() {
        for json in [r#"{"limit":1}"#, r#"{"filter":{"limit":1}}"#, r#"{"data":{"limit":1}}"#] {
            assert_eq!(limit(json), Ok(Some(1.into())), "{json}");
        }
        for json in ["{}", r#"{"filter":null}"#, r#"{"limit":null}"#] {
            assert_eq!(limit(json), Ok(None), "{json}");
        }
    }

    #[test]
    fn what_nobody_knows_is_refused_by_name() {
        assert_eq!(
            limit(r#"{"filter":{"limit":1},"x":2}"#),
            Err("params.arguments.filter is not an argument of this tool".to_owned())
        );
        assert_eq!(limit("[]"), Err("params.arguments must be an object".to_owned()));
    }
}
