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
mod id;
pub mod implied;
pub mod json_rpc;
pub mod operations;
pub mod responses;

pub use id::Id;

use utoipa::PartialSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
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

/// The name of the one for machines, and the operations that take no key by their tag.
const API_KEY: &str = "api_key";
const OF_KEYS: &str = "api keys";

/// The name of every answer's header with the request's id.
const REQUEST_ID: &str = "X-Request-ID";

/// The headers of answers that were counted against a limit.
const LIMITS: [(&str, &str, u32); 3] = [
    ("X-RateLimit-Limit", "How many requests a minute the tightest limit allows", 600),
    ("X-RateLimit-Remaining", "How many of them could come at once", 599),
    ("X-RateLimit-Reset", "In how many seconds there are more", 1),
];

/// Adds what every document and every operation of a kind has.
pub fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    add_shared(&mut components);
    for (_, _, operation) in operations::each_mut(document) {
        let mut codes: Vec<Code> = operations::stated_codes(operation);
        codes.extend(implied::codes(operation));
        if codes.contains(&Code::RateLimitExceeded) {
            // What counts requests also asks for a place to work on them.
            codes.push(Code::Overloaded);
        }
        codes.sort_by_key(|code| (code.status().as_u16(), code.as_str()));
        codes.dedup();
        operations::state_codes(operation, &codes);
        responses::add(operation, &codes, &mut components);
        examples::lift(operation, &components);
        take_keys(operation);
        // It was for us. Two extensions would also stand in the text in any order.
        if let Some(extensions) = &mut operation.extensions {
            extensions.remove(json_rpc::OVER_JSON_RPC);
        }
        let is_counted = codes.contains(&Code::RateLimitExceeded);
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                let limits = LIMITS.map(|(name, ..)| name);
                let limits = limits.iter().filter(|_| is_counted && status.starts_with('2'));
                for name in limits.copied().chain([REQUEST_ID]) {
                    let header = Ref::new(format!("#/components/headers/{name}"));
                    response.headers.insert(name.to_owned(), RefOr::Ref(header));
                }
            }
        }
    }
    document.components = Some(components);
}

/// Says of an operation that reads a token that it takes an API key as well; what manages keys takes
/// none.
fn take_keys(operation: &mut Operation) {
    let is_of_keys = operation.tags.iter().flatten().any(|tag| tag == OF_KEYS);
    let Some(schemes) = operation.security.as_mut().filter(|schemes| !schemes.is_empty()) else {
        return;
    };
    let no_scopes: [&str; 0] = [];
    let key = SecurityRequirement::new(API_KEY, no_scopes);
    if !is_of_keys && !schemes.contains(&key) {
        schemes.push(key);
    }
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
    let key = ApiKeyValue::with_description(
        "X-API-Key",
        "An API key, where they are switched on (MREG_SECURITY_ENABLE_API_KEYS; \
         MREG_SECURITY_API_KEY_HEADER names another header). Not together with a bearer token.",
    );
    let key = SecurityScheme::ApiKey(ApiKey::Header(key));
    components.security_schemes.insert(API_KEY.to_owned(), key.into());
    let text = ObjectBuilder::new().schema_type(Type::String);
    let request_id = HeaderBuilder::new()
        .schema(Some(text))
        .description(Some("The request's id: the client's own, where it sent one, or a new one"))
        .example(Some("01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0".into()))
        .build();
    components.headers.insert(REQUEST_ID.to_owned(), request_id.into());
    for (name, description, example) in LIMITS {
        let number = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
            .description(Some(description))
            .example(Some(example.into()))
            .build();
        components.headers.insert(name.to_owned(), number.into());
    }
}

#[cfg(test)]
mod tests;
