//! `POST /registrations/{registration_id}/propose`: other content for what was approved.

use actix_web::{HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::propose_registration;
use registry_http_edge::{Body, Guarded, PathId};

use super::shown;
use crate::handlers::Answer;
use crate::openapi::schemas::RegistrationInPath;
use crate::settings::PublicApiSettings;
use crate::wire::precondition::IfMatch;
use crate::wire::registration::RegistrationResponse;
use crate::wire::registration_draft::{DraftBody, DraftRequest};

type Input = (PathId<RegistrationId>, IfMatch, Body<DraftRequest>);

/// Propose other content for what is approved.
///
/// What was approved is served until the decision.
#[utoipa::path(
    post, path = "/registrations/{registration_id}/propose", operation_id = "propose_registration",
    tag = "registrations", security(("bearer" = [])),
    params(RegistrationInPath, IfMatch),
    request_body = DraftBody,
    extensions(("x-error-codes" = json!([
        "INSUFFICIENT_PERMISSIONS", "REGISTRATION_NOT_FOUND", "INVALID_STATE_TRANSITION", "ENDPOINT_URL_CONFLICT",
    ]))),
    responses((status = 200, description = "The proposal", body = RegistrationResponse,
               headers(("ETag" = String, description = "What was shown, for a later `If-Match`")))),
)]
pub(crate) async fn handle(
    ports: web::Data<RegistryPorts>,
    settings: web::Data<PublicApiSettings>,
    Guarded { caller, input, .. }: Guarded<Input>,
) -> Answer {
    let (PathId(id), IfMatch(seen), Body(DraftRequest(draft))) = input;
    let view = propose_registration(&ports, &caller, id, draft, seen).await?;
    Ok(shown(HttpResponse::Ok(), &view, &settings))
}
