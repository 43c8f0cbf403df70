//! `GET /api/v1/collections/{collection_id}`: one collection.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::CollectionId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::find_collection;
use registry_http_edge::{Guarded, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::collection::CollectionResponse;

/// Find a collection.
///
/// For administrators.
#[utoipa::path(
    get, path = "/api/v1/collections/{collection_id}", operation_id = "find_collection", tag = "collections", security(("bearer" = [])),
    params(("collection_id" = Id, Path, description = "The collection's id")),
    extensions(("x-error-codes" = json!(["NOT_FOUND", "INSUFFICIENT_PERMISSIONS"]))),
    responses((status = 200, description = "The collection", body = CollectionResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<CollectionId>>,
) -> Answer {
    let collection = find_collection(&ports, &caller, id).await?;
    let body = CollectionResponse::of(&collection);
    tagged(&request, HttpResponse::Ok(), Some(collection.revision), &body)
}
