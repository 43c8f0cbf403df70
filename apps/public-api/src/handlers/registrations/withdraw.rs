//! `POST /registrations/{registration_id}/withdraw`: the submitter takes it back before a decision.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::withdraw_registration;
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
    Ok(match withdraw_registration(&ports, &caller, id, seen).await? {
        None => HttpResponse::NoContent().finish(),
        Some(restored) => shown(HttpResponse::Ok(), &restored, &settings),
    })
}
