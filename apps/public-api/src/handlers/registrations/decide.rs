//! `PATCH /registrations/{registration_id}/status`: an administrator approves or rejects.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{DecisionCommand, approve_registration, reject_registration};
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::status_update::{StatusUpdate, Verdict};

type Input = (PathId<RegistrationId>, IfMatch, Body<StatusUpdate>);

pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(update)) = input;
    let command = DecisionCommand { seen, ..update.command };
    let view = match update.verdict {
        Verdict::Approve => approve_registration(&ports, &caller, id, &command).await?,
        Verdict::Reject => reject_registration(&ports, &caller, id, &command).await?,
    };
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
