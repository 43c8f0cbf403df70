//! `GET /registrations/{registration_id}/documents/{document_id}`: the bytes that came, as a file
//! to keep.

use actix_web::web;
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::read_document;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::Id;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::download::{self, Wanted};
use crate::wire::precondition::IfNoneMatch;

type Input = (PathId<RegistrationId>, PathId<DocumentId>, Wanted);

/// Read a document: the bytes that came, as a file to keep.
#[utoipa::path(
    get, path = "/registrations/{registration_id}/documents/{document_id}", operation_id = "read_document", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath, ("document_id" = Id, Path, description = "The document's id"), IfNoneMatch,
           ("Range" = Option<String>, Header, description = "Which bytes, such as `bytes=0-99`")),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "DOCUMENT_NOT_FOUND", "RANGE_NOT_SATISFIABLE",
    ]))),
    responses(
        (status = 200, description = "The bytes", body = String, content_type = "application/octet-stream",
         headers(("ETag" = String, description = "What was shown, for a later `If-Match`")),
         example = json!("# How to use it")),
        (status = 206, description = "Some of the bytes", body = String,
         content_type = "application/octet-stream", example = json!("# How")),
        (status = 304, description = "The caller has these bytes already"),
    ),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id), wanted), .. }: Guarded<Input>,
) -> Answer {
    let part = |document: &_| wanted.of(document).bytes();
    let (document, content) = read_document(&ports, &caller, (registration, id), part).await?;
    download::shown(&document, wanted.of(&document), content)
}
