//! `POST /registrations/{registration_id}/propose`: other content for what was approved.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::propose_registration;
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration_draft::DraftRequest;

type Input = (PathId<RegistrationId>, IfMatch, Body<DraftRequest>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(DraftRequest(draft))) = input;
    let view = propose_registration(&ports, &caller, id, draft, seen).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
