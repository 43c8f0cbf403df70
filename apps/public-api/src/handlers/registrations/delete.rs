//! `DELETE /registrations/{registration_id}`: an administrator removes it and its server.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_registration;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;
use crate::wire::precondition::IfMatch;

type Input = (PathId<RegistrationId>, IfMatch);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), IfMatch(seen)), .. }: Guarded<Input>,
) -> Answer {
    delete_registration(&ports, &caller, id, seen).await?;
    Ok(HttpResponse::NoContent().finish())
}
