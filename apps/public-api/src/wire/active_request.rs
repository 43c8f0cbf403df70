//! Calls that are under way.

use registry_exchange::Listing;
use registry_http_edge::active_request::ActiveRequest;
use serde::Serialize;
use utoipa::ToSchema;

/// The answer of GET /api/v1/proxy/active-requests.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActiveRequestsResponse<'a> {
    #[schema(example = 1)]
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

/// The answer of `DELETE /api/v1/proxy/requests/{request_id}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "Request 1 cancelled successfully", "request_id": "1", "cancelled": true}))]
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
