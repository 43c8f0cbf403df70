//! Recorded operations.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use registry_domain::id::{OperationId, ServerId};
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationQuery, Page};
use registry_http_edge::WireTime;
use registry_http_edge::links::{Neighbour, describe_page};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;
use crate::wire::cursor;
use crate::wire::list::ListResponse;

/// One call, or one change, and how it went.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0", "timestamp": "2026-11-21T10:53:19.565057Z",
    "user_id": "oid-ada", "tenant_id": "contoso", "email": "ada@example.com",
    "method": "tools/call", "tool_name": "files__read", "params": {"path": "/readme"},
    "success": true, "error_code": null, "error_message": null, "duration_ms": 12,
    "server_id": "00000000-0000-4000-8000-000000000001",
    "request_id": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0", "client_address": null,
}))]
pub(crate) struct OperationResponse<'a> {
    #[schema(value_type = Id)]
    id: OperationId,
    timestamp: WireTime,
    /// Who asked, as their identity provider names them; `anonymous` for a stranger.
    #[schema(required = true, example = "oid-ada")]
    user_id: Option<&'a str>,
    #[schema(required = true, example = "contoso")]
    tenant_id: Option<&'a str>,
    #[schema(required = true, example = "ada@example.com")]
    email: Option<&'a str>,
    /// The MCP method, or `http:` with method and path.
    #[schema(example = "tools/call")]
    method: &'a str,
    #[schema(required = true, example = "files__read")]
    tool_name: Option<&'a str>,
    /// The arguments, the values of secrets redacted.
    #[schema(required = true, value_type = Option<Object>, example = json!({"path": "/readme"}))]
    params: Option<&'a RawValue>,
    success: bool,
    #[schema(required = true, example = json!(null))]
    error_code: Option<&'a str>,
    #[schema(required = true, example = json!(null))]
    error_message: Option<&'a str>,
    #[schema(example = 12)]
    duration_ms: u32,
    #[schema(required = true, value_type = Option<Id>)]
    server_id: Option<ServerId>,
    #[schema(example = "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0")]
    request_id: &'a str,
    /// Where a call came from that nobody signed in for.
    #[schema(required = true, example = json!(null))]
    client_address: Option<String>,
}

impl<'a> OperationResponse<'a> {
    fn of(operation: &'a Operation) -> Self {
        Self {
            id: operation.id,
            timestamp: WireTime(operation.at),
            user_id: operation.user_id.as_deref(),
            tenant_id: operation.tenant_id.as_deref(),
            email: operation.email.as_deref(),
            method: &operation.method,
            tool_name: operation.tool_name.as_deref(),
            // What is no JSON (somebody's SQL) is left out, not the row.
            params: operation.params.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            success: operation.success,
            error_code: operation.error_code.as_deref(),
            error_message: operation.error_message.as_deref(),
            duration_ms: operation.duration_ms,
            server_id: operation.server_id,
            request_id: &operation.request_id,
            client_address: operation.client_address.map(|address| address.to_string()),
        }
    }
}

/// A page as an answer; the next one is reached by cursor: rows that arrive meanwhile move nothing.
pub(crate) fn shown(
    mut response: HttpResponseBuilder,
    request: &HttpRequest,
    query: &OperationQuery,
    page: &Page<Operation>,
) -> HttpResponse {
    let is_full = u32::try_from(page.items.len()).is_ok_and(|shown| shown == query.limit);
    let last = page.items.last().filter(|_| is_full).map(OperationQuery::position_of);
    let next = last.map(|last| [("cursor", Some(cursor::encode(&last)))]);
    let neighbours: Vec<Neighbour<'_>> =
        next.iter().map(|changes| Neighbour { relation: "next", changes }).collect();
    describe_page(&mut response, request, page.total, &neighbours);
    response.json(ListResponse::of(page, (query.limit, 0), OperationResponse::of))
}

/// Rows as lines of JSON.
pub(crate) fn lines(operations: &[Operation]) -> Bytes {
    let mut lines = Vec::new();
    for operation in operations {
        let before = lines.len();
        // Texts and numbers always serialise; half a line would be worse than none.
        match serde_json::to_writer(&mut lines, &OperationResponse::of(operation)) {
            Ok(()) => lines.push(b'\n'),
            Err(_) => lines.truncate(before),
        }
    }
    lines.into()
}
