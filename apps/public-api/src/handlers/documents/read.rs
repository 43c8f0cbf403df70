//! `GET /registrations/{registration_id}/documents/{document_id}`: the bytes that came, as a file
//! to keep.

use actix_web::web;
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::read_document;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::wire::download::{self, Wanted};

type Input = (PathId<RegistrationId>, PathId<DocumentId>, Wanted);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id), wanted), .. }: Guarded<Input>,
) -> Answer {
    let part = |document: &_| wanted.of(document).bytes();
    let (document, content) = read_document(&ports, &caller, (registration, id), part).await?;
    download::shown(&document, wanted.of(&document), content)
}
