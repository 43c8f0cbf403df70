//! How error codes look as responses: one per status, with an example for each of its codes.
//!
//! Examples and headers stand once, in the document's components, and responses refer to them.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, ContentBuilder, ObjectBuilder, Ref, RefOr, Response, Type};

use super::json_rpc;
use crate::code::Code;
use crate::problem_body::PROBLEM_JSON;

/// Adds the responses of `codes`, which are sorted by status. What an operation says itself about
/// a status stays.
pub(super) fn add(operation: &mut Operation, codes: &[Code], components: &mut Components) {
    let form = if json_rpc::speaks(operation) { Form::JsonRpc } else { Form::Problem };
    if matches!(form, Form::JsonRpc) {
        let schemas = json_rpc::schemas().map(|(name, schema)| (name.to_owned(), schema));
        components.schemas.extend(schemas);
    }
    for group in codes.chunk_by(|one, other| one.status() == other.status()) {
        let Some(first) = group.first() else { continue };
        let status = first.status().as_str().to_owned();
        let responses = &mut operation.responses.responses;
        responses.entry(status).or_insert_with(|| of_status(form, group, components).into());
    }
}

/// How an error is written.
#[derive(Clone, Copy)]
enum Form {
    Problem,
    JsonRpc,
}

impl Form {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Problem => PROBLEM_JSON,
            Self::JsonRpc => "application/json",
        }
    }

    const fn schema(self) -> &'static str {
        match self {
            Self::Problem => "Problem",
            Self::JsonRpc => "JsonRpcResponse",
        }
    }

    /// The name of a code's example among the document's components.
    fn example_name(self, code: Code) -> String {
        match self {
            Self::Problem => code.as_str().to_owned(),
            Self::JsonRpc => format!("JSON_RPC_{}", code.as_str()),
        }
    }

    fn example(self, code: Code) -> Value {
        match self {
            Self::Problem => example(code),
            Self::JsonRpc => json_rpc::example(code),
        }
    }
}

fn of_status(form: Form, codes: &[Code], components: &mut Components) -> Response {
    let named: Vec<String> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
    let examples = codes.iter().map(|code| {
        let name = form.example_name(*code);
        components.examples.entry(name.clone()).or_insert_with(|| {
            ExampleBuilder::new().summary(code.title()).value(Some(form.example(*code))).into()
        });
        (code.as_str(), RefOr::Ref(Ref::new(format!("#/components/examples/{name}"))))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(form.schema())))
        .examples_from_iter(examples)
        .build();
    let mut response = Response::new(named.join(", "));
    response.content.insert(form.media_type().to_owned(), RefOr::T(content));
    for (name, header) in codes.first().map_or_else(Vec::new, |code| headers(*code)) {
        components.headers.entry(name.to_owned()).or_insert_with(|| header.into());
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response.headers.insert(name.to_owned(), RefOr::Ref(reference));
    }
    response
}

/// A problem as it is answered.
fn example(code: Code) -> Value {
    let detail = detail(code);
    let mut problem = json!({
        "type": code.type_uri(),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": detail,
        "instance": "/registrations",
        "error": code.as_str(),
        "message": detail,
        "details": details(code),
        "request_id": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0",
        "timestamp": "2026-11-21T10:53:19.565057Z",
    });
    if code == Code::ValidationError
        && let Some(members) = problem.as_object_mut()
    {
        let wrong =
            json!({"loc": ["body", "owner_contact"], "msg": "is required", "type": "missing"});
        members.insert("errors".to_owned(), json!([wrong]));
    }
    problem
}

fn detail(code: Code) -> &'static str {
    match code {
        Code::ValidationError => "owner_contact is required",
        _ => code.title(),
    }
}

/// What programs are told besides the code, for the codes that have something to tell.
fn details(code: Code) -> Value {
    match code {
        Code::EndpointUrlConflict => json!({
            "existing_registration_id": "00000000-0000-4000-8000-000000000001",
            "status": "Approved",
        }),
        Code::InvalidStateTransition => json!({"reason": "stale"}),
        Code::RateLimitExceeded => json!({
            "limit_type": "user", "limit": 600, "window_seconds": 60, "retry_after": 7,
        }),
        _ => Value::Null,
    }
}

/// The headers that the answers of a code's status have.
fn headers(code: Code) -> Vec<(&'static str, Header)> {
    let retry_after = || ("Retry-After", number("After how many seconds to try again", 7));
    match code.status().as_u16() {
        401 => {
            let bearer = r#"Bearer realm="mcp-registry""#.into();
            vec![("WWW-Authenticate", header(Type::String, "How to authenticate", bearer))]
        }
        429 => vec![
            retry_after(),
            ("X-RateLimit-Limit", number("How many requests the window allows", 600)),
            ("X-RateLimit-Remaining", number("How many of them are left", 0)),
            ("X-RateLimit-Reset", number("In how many seconds there are more", 7)),
        ],
        503 => vec![retry_after()],
        _ => Vec::new(),
    }
}

fn number(description: &str, example: u32) -> Header {
    header(Type::Integer, description, example.into())
}

fn header(kind: Type, description: &str, example: Value) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(kind)))
        .description(Some(description))
        .example(Some(example))
        .build()
}
