//! `DELETE /api/v1/collections/{collection_id}`: the collection is gone.

use actix_web::{HttpResponse, web};
use registry_domain::id::CollectionId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_collection;
use registry_http_edge::{Guarded, IfRevision, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::wire::precondition::IfMatch;

type Input = (PathId<CollectionId>, IfRevision);

/// Delete a collection.
///
/// For administrators. Its servers stay as they are.
#[utoipa::path(
    delete, path = "/api/v1/collections/{collection_id}", operation_id = "delete_collection", tag = "collections", security(("bearer" = [])),
    params(("collection_id" = Id, Path, description = "The collection's id"), IfMatch),
    extensions(("x-error-codes" = json!(["NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION"]))),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), IfRevision(seen)), .. }: Guarded<Input>,
) -> Answer {
    delete_collection(&ports, &caller, id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
