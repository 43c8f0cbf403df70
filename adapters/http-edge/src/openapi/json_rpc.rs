//! JSON-RPC as OpenAPI sees it: the bodies of MCP endpoints, and their errors.
//!
//! An operation with the extension [`OVER_JSON_RPC`] answers its errors as JSON-RPC errors.

use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::{PartialSchema, ToSchema};

use crate::code::Code;

/// The extension of operations whose errors are JSON-RPC errors.
pub const OVER_JSON_RPC: &str = "x-over-json-rpc";

/// A message to the server: a request, or without `id` a notification.
#[derive(ToSchema)]
#[schema(as = JsonRpcRequest, example = json!({
    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
    "params": {"name": "weather__search", "arguments": {"place": "Oslo"}},
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub struct Request {
    /// Always `2.0`.
    jsonrpc: String,
    /// A string or a number, chosen by the client.
    #[schema(value_type = Option<Value>)]
    id: Option<Value>,
    /// The method, such as `tools/list`.
    method: String,
    /// The method's parameters.
    #[schema(value_type = Option<Object>)]
    params: Option<Value>,
}

/// The answer to a request: with `result`, or with `error`.
#[derive(ToSchema)]
#[schema(as = JsonRpcResponse, example = json!({
    "jsonrpc": "2.0", "id": 1,
    "result": {"content": [{"type": "text", "text": "12 degrees"}], "isError": false},
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub struct Response {
    /// Always `2.0`.
    jsonrpc: String,
    /// The request's.
    #[schema(value_type = Option<Value>)]
    id: Value,
    /// What the method gives.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// What went wrong.
    error: Option<Fault>,
}

/// What went wrong.
#[derive(ToSchema)]
#[schema(as = JsonRpcFault)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub struct Fault {
    /// JSON-RPC's or MCP's code, or one of ours: -33010 forbidden, -33011 too many requests, -33012
    /// no good token.
    #[schema(example = -33012)]
    code: i64,
    /// What went wrong, for people.
    #[schema(example = "Authentication required")]
    message: String,
    /// For programs: `error` says it in the words of the REST API.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// Whether an operation's errors are JSON-RPC errors.
pub(super) fn speaks(operation: &Operation) -> bool {
    operation.extensions.as_ref().is_some_and(|extensions| extensions.contains_key(OVER_JSON_RPC))
}

/// The codes of every MCP endpoint.
pub(super) fn codes() -> [Code; 11] {
    [
        Code::BadRequest,
        Code::MalformedJson,
        Code::AuthenticationRequired,
        Code::InvalidToken,
        Code::TokenExpired,
        Code::OriginNotAllowed,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::RateLimitExceeded,
        Code::InternalError,
        Code::AuthNotConfigured,
    ]
}

/// The schemas that responses refer to.
pub(super) fn schemas() -> [(&'static str, utoipa::openapi::RefOr<utoipa::openapi::Schema>); 2] {
    [("JsonRpcResponse", Response::schema()), ("JsonRpcFault", Fault::schema())]
}

/// An error as it is answered, before the request's id was read.
pub(super) fn example(code: Code) -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": {
            "code": code.json_rpc(),
            "message": code.title(),
            "data": {
                "error": code.as_str(),
                "details": null,
                "request_id": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0",
            },
        },
    })
}
