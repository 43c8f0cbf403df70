//! `POST /api/v1/collections`: a new collection.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::make_collection;
use registry_http_edge::{Body, Guarded, tagged};

use crate::handlers::Answer;
use crate::wire::collection::{CollectionBody, CollectionRequest, CollectionResponse};

/// Make a collection of servers and tools.
///
/// For administrators; it belongs to their tenant. Behind `/collections/{slug}/mcp` of the gateway
/// everybody finds what they could use without it, less what it leaves out.
#[utoipa::path(
    post, path = "/api/v1/collections", operation_id = "make_collection", tag = "collections", security(("bearer" = [])),
    request_body = CollectionBody,
    extensions(("x-error-codes" = json!(["INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION"]))),
    responses((status = 201, description = "The collection", body = CollectionResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Body<CollectionRequest>>,
) -> Answer {
    let Body(CollectionRequest(draft)) = input;
    let collection = make_collection(&ports, &caller, draft).await?;
    let body = CollectionResponse::of(&collection);
    tagged(&request, HttpResponse::Created(), Some(collection.revision), &body)
}
