//! A JSON value whose objects name each member once: of two that are named alike, one reader would
//! take the first and the next one the last.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value without members that are named alike, at whatever depth.
pub(super) struct Unique(pub(super) Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if read.contains_key(&name) {
                let name: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format_args!("the member {name:?} is there twice")));
            }
            let Unique(member) = members.next_value()?;
            read.insert(name, member);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let read: Result<Unique, _> = serde_json::from_str(text);
        read.map(|unique| unique.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_is_read_as_it_is() {
        for text in [
            r#"{"b":[1,-2,18446744073709551615,1.5,1e300],"a":{"x":null,"y":true},"é":"\u00e9 \n"}"#,
            "[]",
            "null",
            r#"{"a":{"a":{"a":1}},"b":{"a":2}}"#,
        ] {
            assert_eq!(read(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_named_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"name":1,"name":1}"#,
            r#"{"a":[{"name":1,"b":2,"na\u006de":3}]}"#,
            r#"{"name":{"name":1},"name":{}}"#,
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains("the member \"name\" is there twice"), "{told}");
        }
    }

    #[test]
    fn what_is_no_json_and_what_is_too_deep_is_refused() {
        let deep = "[".repeat(100_000);
        for text in ["", "{", "[1,]", "nul", "1e999", r#""\ud800""#, &deep] {
            assert!(read(text).is_err(), "{text:.9}");
        }
    }
}
