//! Whether a JSON text says each thing once.
//!
//! JSON leaves open what a member means that occurs twice (RFC 8259 §4): some readers take the
//! first, some the last. Digests and identities are computed over one reading, so there must be
//! no other.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Whether `text` is JSON in which no object, at any depth, has a member twice. Names are compared
/// as they read, not as they are escaped.
pub(super) fn has_unique_members(text: &[u8]) -> bool {
    serde_json::from_slice::<Unique>(text).is_ok()
}

/// Any JSON value without doubled members; the value itself is thrown away.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON without doubled members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !seen.insert(name) {
                return Err(A::Error::custom("a member occurs twice"));
            }
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_counts_once_in_each_object() {
        for text in ["null", "7", "-1", "1e3", "true", r#""a""#, "[]", "{}", r#"["a","a"]"#] {
            assert!(has_unique_members(text.as_bytes()), "{text}");
        }
        let nested = br#"{"a":{"a":[{"a":1},{"a":null}]},"A":2,"":3}"#;
        assert!(has_unique_members(nested));
    }

    #[test]
    fn a_second_time_is_found_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"":1,"":2}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"[[{"x":{"a":1,"a":2}}]]"#,
        ] {
            assert!(!has_unique_members(text.as_bytes()), "{text}");
        }
    }
}
