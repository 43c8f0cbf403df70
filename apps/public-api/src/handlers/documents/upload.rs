//! `POST /registrations/{registration_id}/documents`: a file for those who read about the server.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::upload_document;
use registry_http_edge::{FileForm, Guarded, PathId};

use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::wire::document::DocumentUpload;
use crate::wire::document::{DocumentForm, DocumentResponse};

type Input = (PathId<RegistrationId>, FileForm<DocumentForm>);

/// Add a document: a file for those who read about the server.
///
/// Markdown, text, PDF, JSON, YAML, HTML, PNG or JPEG, as its content is judged.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/documents", operation_id = "upload_document", tag = "documents", security(("bearer" = [])),
    params(RegistrationInPath),
    request_body(content = DocumentUpload, content_type = "multipart/form-data"),
    extensions(("x-error-codes" = json!([
        "REGISTRATION_NOT_FOUND", "INSUFFICIENT_PERMISSIONS", "INVALID_STATE_TRANSITION",
    ]))),
    responses((status = 201, description = "It is kept", body = DocumentResponse, headers(
        ("Location" = String, description = "Where the document is"),
    ))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), FileForm(DocumentForm(draft))) = input;
    let document = upload_document(&ports, &caller, id, draft).await?;
    let location = format!("/registrations/{id}/documents/{}", document.id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(DocumentResponse::of(&document)))
}
