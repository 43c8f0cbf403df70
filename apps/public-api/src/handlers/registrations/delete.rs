//! `DELETE /registrations/{registration_id}`: an administrator removes it and its server.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_registration;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<RegistrationId>>,
) -> Answer {
    delete_registration(&ports, &caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
