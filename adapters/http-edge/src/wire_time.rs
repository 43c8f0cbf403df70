//! Times as JSON spells them.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// RFC 3339 in UTC with `Z` and always six digits of a second: what every store keeps, and texts
/// of one length that sort like the times they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireTime(pub Timestamp);

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

impl PartialSchema for WireTime {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A time in UTC with microseconds (RFC 3339)"))
            .examples(["2026-11-21T10:53:19.565057Z"]);
        schema.into()
    }
}

impl ToSchema for WireTime {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_has_its_digits_too() {
        let json = serde_json::to_string(&WireTime(Timestamp::UNIX_EPOCH)).unwrap();
        assert_eq!(json, r#""1970-01-01T00:00:00.000000Z""#);
    }
}
