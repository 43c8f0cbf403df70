//! `POST /registrations/{registration_id}/resubmit`: up for decision again after a rejection.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::resubmit_registration;
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;

type Input = (PathId<RegistrationId>, IfMatch);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: (PathId(id), IfMatch(seen)), .. }: Guarded<Input>,
) -> Answer {
    let view = resubmit_registration(&ports, &caller, id, seen).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
