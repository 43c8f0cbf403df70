//! What the OpenAPI documents of both apps share.
//!
//! An operation says at its handler only what is its own: its parameters, its good answers, and in
//! `x-error-codes` the codes that no rule implies. [`complete`] adds the rest to every operation
//! of its kind: the codes that a token, a body or a parameter brings along, a response with an
//! example for each code, the request's id on every answer, and the examples of schemas.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | which codes go without saying | [`implied`] |
//! | how a code looks as a response | [`responses`] |
//! | a document's operations, one by one | [`operations`] |
//! | MCP endpoints, whose errors are JSON-RPC errors | [`json_rpc`] |
//! | examples where tools look for them | [`examples`] |

pub mod examples;
pub mod implied;
pub mod json_rpc;
pub mod operations;
pub mod responses;

use utoipa::PartialSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ObjectBuilder, OpenApi, Ref, RefOr, Type};

use crate::code::Code;
use crate::problem::FieldError;
use crate::problem_body::ProblemBody;
use crate::wire_time::WireTime;

/// The extension in which an operation lists its error codes: those of its own before
/// [`complete`], all of them after it.
pub const ERROR_CODES: &str = "x-error-codes";

/// The name of the security scheme.
pub const BEARER: &str = "bearer";

/// The name of every answer's header with the request's id.
const REQUEST_ID: &str = "X-Request-ID";

/// Adds what every document and every operation of a kind has.
pub fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    add_shared(&mut components);
    for (_, _, operation) in operations::each_mut(document) {
        let mut codes: Vec<Code> = operations::stated_codes(operation);
        codes.extend(implied::codes(operation));
        codes.sort_by_key(|code| (code.status().as_u16(), code.as_str()));
        codes.dedup();
        operations::state_codes(operation, &codes);
        responses::add(operation, &codes, &mut components);
        examples::lift(operation, &components);
        // It was for us. Two extensions would also stand in the text in any order.
        if let Some(extensions) = &mut operation.extensions {
            extensions.remove(json_rpc::OVER_JSON_RPC);
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                let header = Ref::new(format!("#/components/headers/{REQUEST_ID}"));
                response.headers.insert(REQUEST_ID.to_owned(), RefOr::Ref(header));
            }
        }
    }
    document.components = Some(components);
}

fn add_shared(components: &mut Components) {
    let schemas = [
        ("Problem", ProblemBody::schema()),
        ("FieldError", FieldError::schema()),
        ("Time", WireTime::schema()),
    ];
    components.schemas.extend(schemas.map(|(name, schema)| (name.to_owned(), schema)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "An access token of the installation's identity provider (Microsoft Entra ID, or the \
             development issuer on a developer's machine).",
        ))
        .build();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(bearer).into());
    let text = ObjectBuilder::new().schema_type(Type::String);
    let request_id = HeaderBuilder::new()
        .schema(Some(text))
        .description(Some("The request's id: the client's own, where it sent one, or a new one"))
        .example(Some("01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0".into()))
        .build();
    components.headers.insert(REQUEST_ID.to_owned(), request_id.into());
}

#[cfg(test)]
mod tests;
