//! `DELETE /registrations/{registration_id}/links/{link_id}`.

use actix_web::{HttpResponse, web};
use registry_domain::id::{LinkId, RegistrationId};
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::delete_link;
use registry_http_edge::{Guarded, PathId};

use crate::handlers::Answer;

type Input = (PathId<RegistrationId>, PathId<LinkId>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(registration), PathId(id)), .. }: Guarded<Input>,
) -> Answer {
    delete_link(&ports, &caller, (registration, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
