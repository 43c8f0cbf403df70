//! `PATCH /registrations/{registration_id}/status`: an administrator approves or rejects.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::{DecisionCommand, approve_registration, reject_registration};
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration::RegistrationResponse;
use crate::wire::status_update::{StatusUpdate, StatusUpdateBody, Verdict};

type Input = (PathId<RegistrationId>, IfMatch, Body<StatusUpdate>);

/// Approve or reject.
///
/// For administrators. Of several who decide at once exactly one succeeds; the others get 409.
#[utoipa::path(
    patch, path = "/registrations/{registration_id}/status", operation_id = "decide_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    request_body = StatusUpdateBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION", "ENDPOINT_URL_CONFLICT", "SERVER_NAME_CONFLICT",
    ]))),
    responses((status = 200, description = "The registration as it is now", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
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
