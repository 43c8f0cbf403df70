//! The schema of ids.

use std::borrow::Cow;

use utoipa::openapi::schema::SchemaFormat;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Any of our ids: `#[schema(value_type = Id)]`.
#[derive(Debug)]
pub enum Id {}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .description(Some("A UUID"))
            .examples(["00000000-0000-4000-8000-000000000001"]);
        schema.into()
    }
}

impl ToSchema for Id {
    fn name() -> Cow<'static, str> {
        "Id".into()
    }
}
