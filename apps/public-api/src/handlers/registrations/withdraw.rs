//! `POST /registrations/{registration_id}/withdraw`: the submitter takes it back before a decision.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::withdraw_registration;
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration::RegistrationResponse;

type Input = (PathId<RegistrationId>, IfMatch);

/// Take back what nobody has decided on yet.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/withdraw", operation_id = "withdraw_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION",
    ]))),
    responses(
        (status = 200, description = "A proposal is withdrawn: what was approved before",
         body = RegistrationResponse, headers(("ETag" = String, description = "What was shown, for a later `If-Match`"))),
        (status = 204, description = "It is gone"),
    ),
)]
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
