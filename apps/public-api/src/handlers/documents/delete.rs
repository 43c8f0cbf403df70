//! `DELETE /registrations/{registration_id}/documents/{document_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_document;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;

type Input = (PathId<RegistrationId>, PathId<DocumentId>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id)), .. }: Guarded<Input>,
) -> Answer {
    delete_document(&ports, &caller, (registration, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
