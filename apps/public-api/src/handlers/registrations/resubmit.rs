//! `POST /registrations/{registration_id}/resubmit`: up for decision again after a rejection.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::resubmit_registration;
use registry_http_edge::{Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration::RegistrationResponse;

type Input = (PathId<RegistrationId>, IfMatch);

/// Put up for decision again what was rejected.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/resubmit", operation_id = "resubmit_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION", "ENDPOINT_URL_CONFLICT",
    ]))),
    responses((status = 200, description = "It waits for a decision", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input: (PathId(id), IfMatch(seen)), .. }: Guarded<Input>,
) -> Answer {
    let view = resubmit_registration(&ports, &caller, id, seen).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
