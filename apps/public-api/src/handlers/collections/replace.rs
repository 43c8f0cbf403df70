//! `PUT /api/v1/collections/{collection_id}`: other content in the place of what there was.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::CollectionId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::replace_collection;
use registry_http_edge::{Body, Guarded, IfRevision, PathId, tagged};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::collection::{CollectionBody, CollectionRequest, CollectionResponse};
use crate::wire::precondition::IfMatch;

type Input = (PathId<CollectionId>, IfRevision, Body<CollectionRequest>);

/// Replace what a collection is.
///
/// For administrators. It is in force on every replica within a second, and clients that listen are
/// told.
#[utoipa::path(
    put, path = "/api/v1/collections/{collection_id}", operation_id = "replace_collection", tag = "collections", security(("bearer" = [])),
    params(("collection_id" = Id, Path, description = "The collection's id"), IfMatch),
    request_body = CollectionBody,
    extensions(("x-error-codes" = json!(["NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION"]))),
    responses((status = 200, description = "The collection", body = CollectionResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfRevision(seen), Body(CollectionRequest(draft))) = input;
    let collection = replace_collection(&ports, &caller, id, draft, seen).await?;
    let body = CollectionResponse::of(&collection);
    tagged(&request, HttpResponse::Ok(), Some(collection.revision), &body)
}
