//! Calls that are under way.

use registry_domain::id::ServerId;
use registry_exchange::{ActiveCallView, Listing};
use registry_http_edge::WireTime;
use serde::Serialize;

#[derive(Serialize)]
struct ActiveRequest<'a> {
    request_id: &'a str,
    jsonrpc_id: Option<&'a str>,
    method: &'a str,
    tool_name: Option<&'a str>,
    server_id: Option<ServerId>,
    server_name: Option<&'a str>,
    start_time: f64,
    started_at: WireTime,
    duration_seconds: f64,
    tenant_id: Option<&'a str>,
    user_id: Option<&'a str>,
    instance: String,
}

/// The answer of GET /api/v1/proxy/active-requests.
#[derive(Serialize)]
pub(crate) struct ActiveRequestsResponse<'a> {
    active_request_count: u64,
    requests: Vec<ActiveRequest<'a>>,
}

impl<'a> ActiveRequestsResponse<'a> {
    /// The calls in their shape.
    pub(crate) fn of(listing: &'a Listing) -> Self {
        Self {
            active_request_count: listing.count,
            requests: listing.calls.iter().map(ActiveRequest::of).collect(),
        }
    }
}

impl<'a> ActiveRequest<'a> {
    fn of(call: &'a ActiveCallView) -> Self {
        let age_ms = u32::try_from(call.age_ms.max(0)).unwrap_or(u32::MAX);
        Self {
            request_id: &call.request_id,
            jsonrpc_id: call.jsonrpc_id.as_deref(),
            method: &call.method,
            tool_name: call.tool_name.as_deref(),
            server_id: call.server_id,
            server_name: call.server_name.as_deref(),
            start_time: call.began.as_duration().as_secs_f64(),
            started_at: WireTime(call.began),
            duration_seconds: f64::from(age_ms) / 1000.0,
            tenant_id: call.tenant_id.as_deref(),
            user_id: call.user_id.as_deref(),
            instance: call.replica.to_string(),
        }
    }
}

/// The answer of DELETE /api/v1/proxy/requests/{request_id}.
#[derive(Serialize)]
pub(crate) struct CancelResponse {
    message: String,
    request_id: String,
    cancelled: bool,
}

impl CancelResponse {
    /// That of a call that was cancelled.
    pub(crate) fn of(request_id: String) -> Self {
        let message = format!("Request {request_id} cancelled successfully");
        Self { message, request_id, cancelled: true }
    }
}
