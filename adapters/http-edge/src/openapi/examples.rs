//! A schema's example is written once, beside the schema. Tools that send or show examples look
//! for them at the body itself: they are put there too.

use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Array, ArrayItems, SchemaType};
use utoipa::openapi::{Components, Content, Object, RefOr, Schema, Type};

/// Gives each body of the operation its schema's example, where it has none of its own.
pub(super) fn lift(operation: &mut Operation, components: &Components) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(|content| fill(content, components));
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.values_mut().for_each(|content| fill(content, components));
        }
    }
}

fn fill(content: &mut RefOr<Content>, components: &Components) {
    let RefOr::T(content) = content else { return };
    if content.example.is_none() && content.examples.is_empty() {
        content.example = content.schema.as_ref().and_then(|schema| of(schema, components, DEPTH));
    }
}

/// How deep a schema may lie in another: one that contains itself ends here.
const DEPTH: u8 = 24;

fn of(schema: &RefOr<Schema>, components: &Components, depth: u8) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            of(components.schemas.get(name)?, components, depth - 1)
        }
        RefOr::T(Schema::Object(object)) => of_object(object, components, depth - 1),
        RefOr::T(Schema::Array(array)) => of_array(array, components, depth - 1),
        RefOr::T(Schema::OneOf(choice)) => {
            choice.items.iter().rev().find_map(|schema| of(schema, components, depth - 1))
        }
        RefOr::T(Schema::AllOf(whole)) => whole.example.clone(),
        RefOr::T(_) => None,
    }
}

/// A list's own example, or one of a single entry.
fn of_array(array: &Array, components: &Components, depth: u8) -> Option<Value> {
    array.example.clone().or_else(|| match &array.items {
        ArrayItems::RefOrSchema(item) => of(item, components, depth).map(|item| vec![item].into()),
        ArrayItems::False => None,
    })
}

/// An object's own example; else what its members' examples are together, if each has one.
fn of_object(object: &Object, components: &Components, depth: u8) -> Option<Value> {
    let own = object.example.clone().or_else(|| object.examples.first().cloned());
    if own.is_some() || object.properties.is_empty() {
        return own;
    }
    let members = object.properties.iter();
    let members =
        members.map(|(name, schema)| Some((name.clone(), of_member(schema, components, depth)?)));
    members.collect::<Option<Map<String, Value>>>().map(Value::Object)
}

/// A member's example; an object that may have any members is shown without any.
fn of_member(schema: &RefOr<Schema>, components: &Components, depth: u8) -> Option<Value> {
    of(schema, components, depth).or_else(|| match schema {
        RefOr::T(Schema::Object(object)) => {
            let is_free = object.schema_type == SchemaType::Type(Type::Object)
                && object.properties.is_empty();
            is_free.then(|| Value::Object(Map::new()))
        }
        _ => None,
    })
}
