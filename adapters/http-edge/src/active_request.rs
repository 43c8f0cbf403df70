//! A call that is under way: the same over REST and in live events.

use registry_domain::id::ServerId;
use registry_exchange::ActiveCallView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::Id;
use crate::wire_time::WireTime;

/// A call that is under way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "request_id": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb0", "jsonrpc_id": "1",
    "method": "tools/call", "tool_name": "slow",
    "server_id": "00000000-0000-4000-8000-000000000001", "server_name": "Weather",
    "start_time": 1_763_709_792.123, "started_at": "2026-11-21T10:53:19.565057Z",
    "duration_seconds": 3.2, "tenant_id": null, "user_id": null,
    "instance": "01a1fdbd-3b4b-7621-8a74-1ce66f1baeb1",
}))]
pub struct ActiveRequest<'a> {
    request_id: &'a str,
    #[schema(required = true)]
    jsonrpc_id: Option<&'a str>,
    method: &'a str,
    #[schema(required = true)]
    tool_name: Option<&'a str>,
    #[schema(required = true, value_type = Option<Id>)]
    server_id: Option<ServerId>,
    #[schema(required = true)]
    server_name: Option<&'a str>,
    start_time: f64,
    started_at: WireTime,
    duration_seconds: f64,
    #[schema(required = true)]
    tenant_id: Option<&'a str>,
    #[schema(required = true)]
    user_id: Option<&'a str>,
    instance: String,
}

impl<'a> ActiveRequest<'a> {
    /// The call in its shape.
    pub fn of(call: &'a ActiveCallView) -> Self {
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
