//! `DELETE /registrations/{registration_id}/documents/{document_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_document;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::openapi::schemas::RegistrationInPath;

type Input = (PathId<RegistrationId>, PathId<DocumentId>);

/// Remove a document.
#[utoipa::path(
    delete, path = "/registrations/{registration_id}/documents/{document_id}", operation_id = "delete_document", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath, ("document_id" = Id, Path, description = "The document's id")),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "DOCUMENT_NOT_FOUND", "INSUFFICIENT_PERMISSIONS",
    ]))),
    responses((status = 204, description = "It is gone")),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id)), .. }: Guarded<Input>,
) -> Answer {
    delete_document(&ports, &caller, (registration, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
