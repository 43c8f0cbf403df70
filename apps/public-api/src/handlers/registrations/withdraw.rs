//! `POST /registrations/{registration_id}/withdraw`: the submitter takes it back before a decision.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::withdraw_registration;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: PathId(id), .. }: Guarded<PathId<RegistrationId>>,
) -> Answer {
    withdraw_registration(&ports, &caller, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
